#include "output/hyperv/vmbus_devices.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <string_view>

namespace hvfbd {

namespace {

constexpr std::string_view synthetic_video = "da0a7802-e377-4aac-8e77-0558eb1073f8";
// What the kernel shows for a channel without a monitor bit.
constexpr unsigned no_monitor = 255;

std::string attribute(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

// GUIDs come with braces and without, in either case.
std::string plain_guid(std::string text) {
    std::erase_if(text, [](char c) { return c == '{' || c == '}'; });
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

VmbusDevice describe(const std::filesystem::path& folder) {
    VmbusDevice device;
    device.folder = folder;
    device.instance = folder.filename();
    std::error_code ignored;
    if (auto driver = std::filesystem::read_symlink(folder / "driver", ignored); !driver.empty())
        device.driver = driver.filename();
    for (const auto& entry : std::filesystem::directory_iterator(folder / "uio", ignored))
        device.uio = entry.path().filename();
    std::string text = attribute(folder / "monitor_id");
    unsigned id = no_monitor;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error == std::errc{} && end != text.data() && id < 128) device.monitor_id = id;
    return device;
}

}  // namespace

std::vector<VmbusDevice> find_synthetic_video(const std::filesystem::path& sysfs) {
    std::vector<VmbusDevice> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(sysfs / "bus/vmbus/devices", ignored))
        if (plain_guid(attribute(entry.path() / "class_id")) == synthetic_video)
            found.push_back(describe(entry.path()));
    std::sort(found.begin(), found.end(),
              [](const VmbusDevice& a, const VmbusDevice& b) { return a.instance < b.instance; });
    return found;
}

}  // namespace hvfbd
