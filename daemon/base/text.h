#pragma once

#include <string>
#include <string_view>

// Text that others chose (names of surfaces, of files, of devices), on its way to a terminal or the journal.
// Pure.
namespace hvfbd {

// Whether it is UTF-8 in which every character is seen, and where it stands: no control characters (those
// below U+0020, and U+007F to U+009F, of which a terminal obeys some), none that change the direction of
// others, none that are invisible or end lines or paragraphs.
bool is_plain(std::string_view text);

// The same text, with each byte of what is not plain as \xNN. `allowed`: control characters to leave alone,
// such as "\n".
std::string escaped(std::string_view text, std::string_view allowed = {});

}  // namespace hvfbd
