#include "config/unreadable.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "common/shell_word.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

constexpr const char* sentence = "hvfbd may not read it, and leaves it out";

bool may_enter(const fs::path& folder) {
    struct stat status {};
    return ::stat((folder / ".").c_str(), &status) == 0 || errno != EACCES;
}

// The first folder on the way to `file` that may not be entered. Empty: all may be.
fs::path closed_folder(const fs::path& file) {
    fs::path folder;
    for (const fs::path& part : file.parent_path()) {
        folder /= part;
        if (!may_enter(folder)) return folder;
    }
    return {};
}

}  // namespace

ConfigurationWarning unreadable_file(const fs::path& file) {
    if (const fs::path folder = closed_folder(file); !folder.empty())
        return {file, 0, sentence, "sudo chmod a+rx " + shell_word(folder.string())};
    // Its target may be in a folder that is closed for a reason.
    std::error_code error;
    if (const fs::path target = fs::read_symlink(file, error); !error)
        return {file, 0, sentence + std::string(": it is a link to ") + target.string(),
                "sudo install -m 644 " + shell_word((file.parent_path() / target).string()) + " " +
                    shell_word(file.string())};
    return {file, 0, sentence, "sudo chmod a+r " + shell_word(file.string())};
}

ConfigurationWarning unreadable_folder(const fs::path& folder) {
    const fs::path closed = closed_folder(folder);
    return {folder, 0, "hvfbd may not read this folder, and leaves its files out",
            "sudo chmod a+rx " + shell_word((closed.empty() ? folder : closed).string())};
}

}  // namespace hvfbd
