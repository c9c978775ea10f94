#pragma once

#include <filesystem>

#include "config/configuration.h"

namespace hvfbd {

// What is said of a file, or of a folder of drop-ins, that exists and may not be read (EACCES), with the
// command that lets this process read it.
ConfigurationWarning unreadable_file(const std::filesystem::path& file);
ConfigurationWarning unreadable_folder(const std::filesystem::path& folder);

}  // namespace hvfbd
