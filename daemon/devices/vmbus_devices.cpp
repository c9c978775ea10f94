#include "devices/vmbus_devices.h"

#include <algorithm>
#include <cctype>

#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

// The monitor page has four groups of 32 bits.
constexpr unsigned monitor_bits = 128;

// Linux shows "{da0a7802-...}" in class_id and takes the same without braces in new_id.
std::string plain_guid(std::string text) {
    std::erase_if(text, [](char c) { return c == '{' || c == '}' || c == '\r' || c == ' '; });
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Kernels show the attribute only if the host allotted a bit; those of before 2019 show whatever the offer
// said, which is 255 where there is none.
std::optional<unsigned> monitor_id(const fs::path& folder) {
    const auto id = whole_number<unsigned>(first_line_of(folder / "monitor_id"));
    return id && *id < monitor_bits ? id : std::nullopt;
}

VmbusDevice describe(const fs::path& folder) {
    VmbusDevice device;
    device.folder = folder;
    device.instance = folder.filename();
    if (std::string driver = name_behind(folder / "driver"); !driver.empty())
        device.driver = std::move(driver);
    if (const auto uio = entries_of(folder / "uio"); !uio.empty()) device.uio = uio.front().filename();
    device.monitor_id = monitor_id(folder);
    return device;
}

}  // namespace

std::vector<VmbusDevice> find_synthetic_video(const fs::path& sysfs) {
    std::vector<VmbusDevice> found;
    for (const fs::path& folder : entries_of(sysfs / "bus/vmbus/devices"))
        if (plain_guid(first_line_of(folder / "class_id")) == synthetic_video_class)
            found.push_back(describe(folder));
    return found;
}

}  // namespace hvfbd
