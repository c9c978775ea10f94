#pragma once

#include <filesystem>
#include <string>

namespace hvfbctl {

// The program of this name that belongs to this hvfbctl: beside it, where nothing was installed, or where it
// was installed with it, whichever prefix that is. Empty: nowhere.
std::filesystem::path own_program(const char* name);

// The command that installs a package of this project. No archive has them: it names the file that was built.
std::string command_to_install(const std::string& package);

}  // namespace hvfbctl
