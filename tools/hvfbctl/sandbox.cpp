#include "sandbox.h"

#include <fstream>

namespace hvfbctl {

namespace {

using Level = Finding::Level;
namespace fs = std::filesystem;

bool says(const fs::path& file, const std::string& setting, const std::string& word) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(setting + "=") && line.find(word) != std::string::npos) return true;
    return false;
}

bool any_drop_in_says(const fs::path& root, const std::string& setting, const std::string& word) {
    // Where systemd looks (systemd.unit(5)), and what `systemctl edit --full` makes.
    for (const char* folder :
         {"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "lib/systemd/system"}) {
        if (says(root / folder / "hvfbd.service", setting, word)) return true;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(root / folder / "hvfbd.service.d", none))
            if (entry.path().extension() == ".conf" && says(entry.path(), setting, word)) return true;
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
            std::string("install -D -m644 -t /etc/systemd/system/hvfbd.service.d "
                        "/usr/share/doc/hvfbd/hyperv-generation-") +
                (physical ? "2" : "1") + ".conf && systemctl daemon-reload && systemctl restart hvfbd"};
}

}  // namespace hvfbctl
