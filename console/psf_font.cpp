#include "console/psf_font.h"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace console {

namespace {

constexpr unsigned largest_side = 128;  // of a glyph
constexpr std::size_t most_glyphs = 65536;
constexpr char32_t last_code = 0x10ffff;

std::uint32_t number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    return bytes[at] | std::uint32_t(bytes[at + 1]) << 8 | std::uint32_t(bytes[at + 2]) << 16 |
           std::uint32_t(bytes[at + 3]) << 24;
}

bool begins_with(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> magic) {
    return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

}  // namespace

PsfFont::PsfFont(std::span<const std::uint8_t> file) {
    if (begins_with(file, {0x36, 0x04}))
        read_version_1(file);
    else if (begins_with(file, {0x72, 0xb5, 0x4a, 0x86}))
        read_version_2(file);
    else
        throw std::runtime_error("is no PSF font");
    if (glyph_of_.empty()) throw std::runtime_error("has no characters");
}

void PsfFont::read_version_1(std::span<const std::uint8_t> file) {
    constexpr std::size_t header = 4, few = 256, many = 512;
    constexpr std::uint8_t has_many = 1, has_table = 2, has_sequences = 4;
    if (file.size() < header) throw std::runtime_error("is a PSF font without a whole header");
    const std::uint8_t mode = file[2];
    width_ = 8;
    height_ = file[3];
    glyph_bytes_ = height_;
    const std::size_t count = (mode & has_many) != 0 ? many : few;
    take_bits(file.subspan(header), count);
    if ((mode & (has_table | has_sequences)) != 0)
        read_table_of_2_bytes(file.subspan(header + bits_.size()));
    else
        number_by_place(count);
}

void PsfFont::read_version_2(std::span<const std::uint8_t> file) {
    constexpr std::size_t least_header = 32;
    constexpr std::uint32_t has_table = 1;
    if (file.size() < least_header) throw std::runtime_error("is a PSF font without a whole header");
    const std::size_t header = number_at(file, 8), count = number_at(file, 16);
    glyph_bytes_ = number_at(file, 20);
    height_ = number_at(file, 24);
    width_ = number_at(file, 28);
    if (header < least_header || header > file.size())
        throw std::runtime_error("is a PSF font with a header of a wrong size");
    take_bits(file.subspan(header), count);
    if ((number_at(file, 12) & has_table) != 0)
        read_table_of_utf8(file.subspan(header + bits_.size()));
    else
        number_by_place(count);
}

void PsfFont::take_bits(std::span<const std::uint8_t> bits, std::size_t count) {
    if (width_ == 0 || height_ == 0 || width_ > largest_side || height_ > largest_side)
        throw std::runtime_error("is a font of " + std::to_string(width_) + "x" + std::to_string(height_) +
                                 " pixels; sizes up to 128x128 are possible");
    if (count == 0 || count > most_glyphs)
        throw std::runtime_error("is a PSF font with a wrong number of glyphs");
    if (glyph_bytes_ != std::size_t((width_ + 7) / 8) * height_)
        throw std::runtime_error("is a PSF font whose glyphs have a wrong size");
    if (bits.size() / glyph_bytes_ < count) throw std::runtime_error("is a PSF font that ends too early");
    bits = bits.first(count * glyph_bytes_);
    bits_.assign(bits.begin(), bits.end());
}

// Each glyph has its code points, then sequences of combining ones behind 0xfffe, then 0xffff. A cell of a
// terminal holds one code point: sequences are passed over.
void PsfFont::read_table_of_2_bytes(std::span<const std::uint8_t> table) {
    constexpr unsigned end = 0xffff, sequence = 0xfffe;
    const std::size_t count = bits_.size() / glyph_bytes_;
    std::size_t glyph = 0;
    bool in_sequence = false;
    for (std::size_t at = 0; at + 1 < table.size() && glyph < count; at += 2) {
        const unsigned code = table[at] | unsigned(table[at + 1]) << 8;
        if (code == end) {
            ++glyph;
            in_sequence = false;
        } else if (code == sequence) {
            in_sequence = true;
        } else if (!in_sequence) {
            glyph_of_.emplace(code, glyph);
        }
    }
}

// The same in UTF-8, with 0xfe and 0xff, which no UTF-8 has.
void PsfFont::read_table_of_utf8(std::span<const std::uint8_t> table) {
    constexpr unsigned end = 0xff, sequence = 0xfe;
    const std::size_t count = bits_.size() / glyph_bytes_;
    std::size_t glyph = 0;
    bool in_sequence = false;
    char32_t code = 0;
    unsigned missing = 0;  // bytes of the code point that is being read
    for (const std::uint8_t byte : table) {
        if (glyph == count) return;
        if (byte == end || byte == sequence) {
            glyph += byte == end ? 1 : 0;
            in_sequence = byte == sequence;
            missing = 0;
            continue;
        }
        if ((byte & 0xc0U) == 0x80U) {
            if (missing == 0) continue;
            code = code << 6 | (byte & 0x3fU);
            if (--missing != 0) continue;
        } else if (byte < 0x80U) {
            code = byte;
            missing = 0;
        } else {
            missing = byte >= 0xf0U ? 3 : byte >= 0xe0U ? 2 : 1;
            code = byte & (0x3fU >> missing);
            continue;
        }
        if (!in_sequence && code <= last_code) glyph_of_.emplace(code, glyph);
    }
}

void PsfFont::number_by_place(std::size_t count) {
    for (std::size_t glyph = 0; glyph < count; ++glyph) glyph_of_.emplace(char32_t(glyph), glyph);
}

std::optional<Glyph> PsfFont::find(char32_t code) const {
    const auto found = glyph_of_.find(code);
    if (found == glyph_of_.end()) return std::nullopt;
    const auto* const first = bits_.data() + found->second * glyph_bytes_;
    return Glyph{width_, height_, {first, first + glyph_bytes_}};
}

}  // namespace console
