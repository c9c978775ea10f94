// Any file as a font: nothing may go wrong, and every glyph of a font that is taken has the size that it
// says.
#include <algorithm>
#include <stdexcept>

#include "console/gzip.h"
#include "console/hex_font.h"
#include "console/mask.h"
#include "console/psf_font.h"

namespace {

using namespace console;

void draw(const Glyph& glyph) {
    if (glyph.rows.size() != glyph.row_bytes() * glyph.height) __builtin_trap();
    const Geometry geometry({64, 64}, {8, 16}, 1, Rotation::quarter);
    if (make_mask(glyph, Part::right, geometry).size() != 8U * 16) __builtin_trap();
}

void as_psf(std::span<const std::uint8_t> file) {
    try {
        const PsfFont font(unpacked(file, 1 << 20));
        for (const char32_t code : {U'\0', U'A', U'\xff', U'€', U'\xfffd'})
            if (const auto glyph = font.find(code)) {
                if (glyph->width != font.width() || glyph->height != font.height()) __builtin_trap();
                draw(*glyph);
            }
    } catch (const std::runtime_error&) {
        // It says what is wrong with it.
    }
}

void as_unifont(std::span<const std::uint8_t> file) {
    const HexFont font(
        [file](std::span<char> buffer, std::uint64_t offset) {
            const auto rest = file.subspan(std::min<std::size_t>(offset, file.size()));
            const std::size_t length = std::min(buffer.size(), rest.size());
            std::copy_n(rest.begin(), length, buffer.begin());
            return length;
        },
        file.size());
    for (const char32_t code : {U'\0', U'A', U'漢', U'\x10ffff'})
        if (const auto glyph = font.find(code)) draw(*glyph);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    as_psf({data, size});
    as_unifont({data, size});
    return 0;
}
