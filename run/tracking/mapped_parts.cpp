#include "run/tracking/mapped_parts.h"

#include <sys/sysmacros.h>

#include <algorithm>

#include "common/numbers.h"

namespace run {
namespace {

// Takes a number off the front of a text, and the sign behind it.
template <typename Number>
bool take(std::string_view& text, Number& number, int base, char behind) {
    const auto found = hvfbd::leading_number<Number>(text, base);
    if (!found || !found->second.starts_with(behind)) return false;
    number = found->first;
    text = found->second.substr(1);
    return true;
}

// BEGIN-END RIGHTS OFFSET MAJOR:MINOR INODE NAME
bool parse(std::string_view line, MappedPart& part, dev_t device, ino_t inode) {
    constexpr std::size_t rights = 5;  // with the space behind them
    constexpr int hexadecimal = 16, decimal = 10;
    unsigned its_major = 0, its_minor = 0;
    ino_t its_inode = 0;
    if (!take(line, part.begin, hexadecimal, '-') || !take(line, part.end, hexadecimal, ' ') ||
        line.size() < rights)
        return false;
    const bool shared = line[3] == 's';
    line.remove_prefix(rights);
    return shared && take(line, part.offset, hexadecimal, ' ') && take(line, its_major, hexadecimal, ':') &&
           take(line, its_minor, hexadecimal, ' ') && take(line, its_inode, decimal, ' ') &&
           its_inode == inode && makedev(its_major, its_minor) == device;
}

}  // namespace

std::vector<MappedPart> mapped_parts(std::string_view maps, dev_t device, ino_t inode) {
    std::vector<MappedPart> parts;
    while (!maps.empty()) {
        const std::size_t length = std::min(maps.find('\n'), maps.size());
        if (MappedPart part; parse(maps.substr(0, length), part, device, inode)) parts.push_back(part);
        maps.remove_prefix(std::min(length + 1, maps.size()));
    }
    return parts;
}

RowRange rows_at(std::uint64_t offset, std::uint64_t size, std::uint32_t line_length, std::uint32_t height) {
    if (size == 0 || line_length == 0) return {};
    const std::uint64_t first = offset / line_length, last = (offset + size - 1) / line_length;
    if (first >= height) return {};
    return {static_cast<std::uint32_t>(first),
            static_cast<std::uint32_t>(std::min<std::uint64_t>(last, height - 1) - first + 1)};
}

}  // namespace run
