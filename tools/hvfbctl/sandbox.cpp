#include "sandbox.h"

#include <sstream>

#include "base/file_reading.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
namespace fs = std::filesystem;

bool says(const fs::path& file, const std::string& setting, const std::string& word) {
    // systemd says what it makes of a file that cannot be read.
    constexpr std::size_t largest = std::size_t{1} << 20;
    std::istringstream lines;
    try {
        lines.str(hvfbd::read_regular_file(file, largest));
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::no_such_file_or_directory &&
            error.code() != std::errc::not_a_directory && error.code() != std::errc::invalid_argument)
            throw;
        return false;
    }
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(setting + "=") && line.find(word) != std::string::npos) return true;
    return false;
}

bool any_drop_in_says(const fs::path& root, const std::string& setting, const std::string& word) {
    // Where systemd looks (systemd.unit(5)), and what `systemctl edit --full` makes.
    for (const char* folder :
         {"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "lib/systemd/system"}) {
        if (says(root / folder / "hvfbd.service", setting, word)) return true;
        for (const auto& entry : hvfbd::entries_if_there(root / folder / "hvfbd.service.d"))
            if (entry.extension() == ".conf" && says(entry, setting, word)) return true;
    }
    return false;
}

}  // namespace

Finding examine_sandbox(const fs::path& root, VideoMemory memory) {
    const char* const subject = "sandbox of hvfbd.service";
    const bool physical = memory == VideoMemory::physical;
    const std::string what = physical ? "/dev/mem" : "the resources of PCI devices";
    const bool allowed = physical ? any_drop_in_says(root, "DeviceAllow", "/dev/mem")
                                  : any_drop_in_says(root, "ReadWritePaths", "/sys");
    if (allowed) return {Level::ok, subject, "a drop-in allows " + what, ""};
    return {Level::warn, subject, "no drop-in allows " + what,
            std::string("sudo install -D -m644 -t /etc/systemd/system/hvfbd.service.d "
                        "/usr/share/doc/hvfbd/hyperv-generation-") +
                (physical ? "2" : "1") +
                ".conf && sudo systemctl daemon-reload && sudo systemctl restart hvfbd"};
}

}  // namespace hvfbctl
