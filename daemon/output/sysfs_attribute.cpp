#include "output/sysfs_attribute.h"

#include <charconv>

#include "base/file_reading.h"

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
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

}  // namespace hvfbd
