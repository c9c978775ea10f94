#include "base/file_identity.h"

#include <sys/stat.h>

#include "base/error.h"

namespace hvfbd {

std::optional<FileIdentity> FileIdentity::of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0) {
        if (is_shortage(errno)) throw_errno("look at " + path.string());
        return std::nullopt;
    }
    return FileIdentity{status.st_dev, status.st_ino};
}

}  // namespace hvfbd
