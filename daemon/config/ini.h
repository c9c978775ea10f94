#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hvfbd {

// One "key=value" of a file of sections, as it is written there but for the white space around key and value.
struct IniEntry {
    int line;
    std::string_view section, key, value;
};

// Reads a text line by line, of any length:
//   [Section]    until the next one
//   Key=value    white space before it means nothing
//   ; or #       a comment, if the line begins with it
// Everything else is refused, with its line: nothing is cut, joined or guessed at. `entry` is called for each
// key, `refuse` for each line that is refused. Pure; the views are of `text`.
void read_ini(std::string_view text, const std::function<void(const IniEntry&)>& entry,
              const std::function<void(int line, const std::string& sentence)>& refuse);

}  // namespace hvfbd
