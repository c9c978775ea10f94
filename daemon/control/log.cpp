#include "control/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace hvfbd {

namespace {

constexpr std::array levels{
    std::pair{"trace", spdlog::level::trace}, std::pair{"debug", spdlog::level::debug},
    std::pair{"info", spdlog::level::info},   std::pair{"warning", spdlog::level::warn},
    std::pair{"error", spdlog::level::err},   std::pair{"critical", spdlog::level::critical}};

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

void open_log(LineOutput::Patience patience) {
    const char* journal = stderr_is_the_journal() ? "/run/systemd/journal/socket" : "";
    output = std::make_unique<LogOutput>(journal, LineOutput(STDERR_FILENO, patience));
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

void set_log_level(std::string_view level) {
    for (const auto& [name, value] : levels)
        if (name == level) return spdlog::set_level(value);
    throw Refusal(Refusal::Kind::invalid_arguments,
                  "LogLevel must be one of trace, debug, info, warning, error, critical; \"" +
                      std::string(level) + "\" is not");
}

std::string log_level() {
    for (const auto& [name, value] : levels)
        if (value == spdlog::get_level()) return name;
    return "off";
}

}  // namespace hvfbd
