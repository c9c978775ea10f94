#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace hvfbd {

// Which file a path leads to now. A file that was removed and made anew is another one, as long as something
// (a descriptor, a mapping) still holds the old one: its number is not used again before.
struct FileIdentity {
    // Nothing: there is no file, or it cannot be asked for. Links are followed.
    static std::optional<FileIdentity> of(const std::filesystem::path& path);
    bool operator==(const FileIdentity&) const = default;

    dev_t file_system = 0;
    ino_t number = 0;
};

}  // namespace hvfbd
