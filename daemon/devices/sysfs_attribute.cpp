#include "devices/sysfs_attribute.h"

#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbd {

std::string attribute(const std::filesystem::path& file) {
    return first_line_of(file);
}

std::optional<std::uint64_t> number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    }
    return whole_number(text, base);
}

}  // namespace hvfbd
