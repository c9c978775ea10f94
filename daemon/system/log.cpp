#include "system/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "common/settings_table.h"

namespace hvfbd {

namespace {

// In the order of the setting's words.
constexpr std::array levels{spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                            spdlog::level::warn,  spdlog::level::err,   spdlog::level::critical};
static_assert(levels.size() == log_levels.size());

// As systemd.exec(5) says: JOURNAL_STREAM is the device and inode of the journal's socket.
bool stderr_is_the_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (!stream || ::fstat(STDERR_FILENO, &status) < 0) return false;
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

int journal_priority(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::critical:
            return LOG_CRIT;
        case spdlog::level::err:
            return LOG_ERR;
        case spdlog::level::warn:
            return LOG_WARNING;
        case spdlog::level::info:
            return LOG_INFO;
        default:
            return LOG_DEBUG;
    }
}

std::unique_ptr<LogOutput> output;  // NOLINT: as global as spdlog's logger, which writes to it

void write(spdlog::level::level_enum level, std::string_view message, std::span<const LogField> fields) {
    auto word = spdlog::level::to_string_view(level);
    // In words that others may have chosen: clients, files, devices.
    const std::string plain = escaped(message);
    std::vector<LogField> plain_fields;
    for (const auto& [name, value] : fields) plain_fields.push_back({name, escaped(value)});
    output->write(journal_priority(level), plain, plain_fields,
                  "hvfbd: " + std::string(word.data(), word.size()) + ": " + plain + "\n");
}

class Sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
        write(message.level, {message.payload.data(), message.payload.size()}, {});
    }
    void flush_() override {}
};

}  // namespace

void open_log(LineOutput::Waiting waiting) {
    const char* journal = stderr_is_the_journal() ? "/run/systemd/journal/socket" : "";
    output = std::make_unique<LogOutput>(journal, LineOutput(STDERR_FILENO, waiting));
    auto logger = std::make_shared<spdlog::logger>("hvfbd", std::make_shared<Sink>());
    // spdlog's own words go to standard error, and wait for it.
    logger->set_error_handler([](const std::string&) {});
    spdlog::set_default_logger(std::move(logger));
}

// Beside spdlog, whose messages have no fields.
void log_event(const Event& event, std::string_view sentence, std::initializer_list<LogField> fields) {
    if (!output) return spdlog::log(event.level, "{}", sentence);
    if (!spdlog::should_log(event.level)) return;
    std::vector<LogField> all{{"MESSAGE_ID", std::string(event.id)},
                              {"HVFBD_EVENT", std::string(event.name)}};
    all.insert(all.end(), fields.begin(), fields.end());
    write(event.level, sentence, all);
}

void log_request(std::string_view done, unsigned uid, std::string_view bus_name) {
    spdlog::info("{}, by uid {} ({})", done, uid, bus_name);
}

void set_log_level(std::string_view level) {
    const auto place = value_in(log_level_setting, level);
    if (!place)
        throw RequestError(RequestError::Kind::invalid_arguments, what_is_wrong(log_level_setting, level));
    spdlog::set_level(levels[*place]);
}

std::string log_level() {
    const auto* level = std::ranges::find(levels, spdlog::get_level());
    if (level == levels.end()) return "off";
    return to_text(log_level_setting, static_cast<std::uint64_t>(level - levels.begin()));
}

}  // namespace hvfbd
