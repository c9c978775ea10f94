#include "console/hex_font.h"

#include <array>
#include <string_view>

#include "common/numbers.h"

namespace console {

namespace {

// CODE of at most 6 digits, a colon, 64 digits and an end.
constexpr std::size_t longest_line = 80;

std::optional<Glyph> glyph_in(std::string_view digits) {
    constexpr std::size_t of_narrow = 32, of_wide = 64;
    if (digits.size() != of_narrow && digits.size() != of_wide) return std::nullopt;
    Glyph glyph{digits.size() == of_wide ? 16U : 8U, HexFont::height, {}};
    glyph.rows.reserve(digits.size() / 2);
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        const auto byte = hvfbd::whole_number<std::uint8_t>(digits.substr(at, 2), 16);
        if (!byte) return std::nullopt;
        glyph.rows.push_back(*byte);
    }
    return glyph;
}

}  // namespace

std::optional<Glyph> HexFont::find(char32_t code) const {
    // The line that is searched for begins in [least, most).
    std::uint64_t least = 0, most = size_;
    std::array<char, 2 * longest_line> buffer{};
    while (least < most) {
        const std::uint64_t middle = least + (most - least) / 2;
        // The first line that begins at `middle` or after it: the end of the one before is looked for.
        const std::uint64_t offset = middle == 0 ? 0 : middle - 1;
        const std::string_view read(buffer.data(), read_(buffer, offset));
        std::size_t begin = 0;
        if (middle != 0) {
            begin = read.find('\n');
            if (begin == std::string_view::npos) {
                // It is the last line, or no such file.
                most = middle;
                continue;
            }
            ++begin;
        }
        if (offset + begin >= most) {
            most = middle;
            continue;
        }
        std::string_view line = read.substr(begin);
        line = line.substr(0, line.find('\n'));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const auto found = hvfbd::whole_number<std::uint32_t>(line.substr(0, colon), 16);
        if (!found) return std::nullopt;
        if (*found == code) return glyph_in(line.substr(colon + 1));
        if (*found < code)
            least = offset + begin + line.size() + 1;
        else
            most = middle;
    }
    return std::nullopt;
}

}  // namespace console
