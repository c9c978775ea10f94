#include "control/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

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

}  // namespace

void open_log() {
    if (stderr_is_the_journal()) {
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
