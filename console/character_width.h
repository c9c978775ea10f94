#pragma once

namespace console {

// Whether a character takes two cells, as East Asian Width says and the kernel counts.
bool is_wide(char32_t code);

// Whether nothing is drawn for it: blanks of one cell, and what the kernel writes behind a wide character.
bool is_blank(char32_t code);

}  // namespace console
