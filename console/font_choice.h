#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace console {

// Files that may be the font, the first that is there is it: what /etc/vconsole.conf or
// /etc/default/console-setup says, as text; empty: there is no such file.
std::vector<std::string> configured_fonts(std::string_view vconsole, std::string_view console_setup);

// The files that the name of a font, or a path, means: NAME, NAME.psf, NAME.psf.gz and so on, in the folders
// of fonts.
std::vector<std::string> files_of_font(const std::string& name);

}  // namespace console
