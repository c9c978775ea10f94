#pragma once

#include <filesystem>
#include <string>

#include "machine.h"

namespace hvfbctl {

// Whether the daemon may read and write the device `file`, as user hvfbd, in its own group or in `another`
// (null: none), and whether you may. `shown`: what people call the file; `mend`: the command that gives the
// right.
Finding examine_rights(const std::string& subject, const std::filesystem::path& file,
                       const std::string& shown, const std::string& mend, const char* another = nullptr);

}  // namespace hvfbctl
