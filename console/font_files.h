#pragma once

#include <functional>
#include <string>

#include "console/glyph_cache.h"

namespace console {

// Loads the fonts. `wanted`: a path or a name of --font; empty: what this machine's console is configured to
// have, else one that comes with the program. GNU Unifont follows for what that lacks. Throws
// std::runtime_error that names the file: `wanted` is not there, or is no font.
Fonts load_fonts(const std::string& wanted, const std::function<void(const std::string&)>& log);

}  // namespace console
