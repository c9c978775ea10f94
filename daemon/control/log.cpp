#include "control/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"

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

bool in_journal = false;

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

}  // namespace

void open_log() {
    in_journal = stderr_is_the_journal();
    if (in_journal) {
        auto logger =
            std::make_shared<spdlog::logger>("hvfbd", std::make_shared<spdlog::sinks::systemd_sink_st>());
        spdlog::set_default_logger(std::move(logger));
        spdlog::set_pattern("%v");
        return;
    }
    auto logger =
        std::make_shared<spdlog::logger>("hvfbd", std::make_shared<spdlog::sinks::stderr_sink_st>());
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_pattern("%n: %l: %v");
}

// Beside spdlog, whose sink sends no fields of ours.
void log_event(const Event& event, std::string_view sentence, std::initializer_list<LogField> fields) {
    if (!in_journal) return spdlog::log(event.level, "{}", sentence);
    if (!spdlog::should_log(event.level)) return;
    std::vector<std::string> lines{"MESSAGE=" + std::string(sentence),
                                   "PRIORITY=" + std::to_string(journal_priority(event.level)),
                                   "SYSLOG_IDENTIFIER=hvfbd", "MESSAGE_ID=" + std::string(event.id),
                                   "HVFBD_EVENT=" + std::string(event.name)};
    for (const auto& [name, value] : fields) lines.push_back(std::string(name) + "=" + value);
    std::vector<iovec> parts;
    parts.reserve(lines.size());
    for (std::string& line : lines) parts.push_back({line.data(), line.size()});
    // Without journald there is nobody to tell.
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
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
