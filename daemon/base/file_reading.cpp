#include "base/file_reading.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/descriptor.h"
#include "base/error.h"

namespace hvfbd {

namespace fs = std::filesystem;

std::string read_regular_file(const fs::path& file, std::size_t most) {
    struct stat status {};
    if (::stat(file.c_str(), &status) < 0) throw_errno("read " + file.string());
    if (!S_ISREG(status.st_mode)) throw_errno(file.string() + " is no regular file", EINVAL);
    // Looked at again, since it may be another one by now. Not waiting also counts for what looks regular and
    // is a stream, such as /proc/kmsg.
    Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!descriptor || ::fstat(descriptor.get(), &status) < 0) throw_errno("read " + file.string());
    if (!S_ISREG(status.st_mode)) throw_errno(file.string() + " is no regular file", EINVAL);
    std::string text;
    std::array<char, 16384> part;
    for (;;) {
        ssize_t size = ::read(descriptor.get(), part.data(), part.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw_errno("read " + file.string());
        if (size == 0) return text;
        if (text.size() + static_cast<std::size_t>(size) > most)
            throw std::system_error(EFBIG, std::system_category(),
                                    file.string() + " is larger than " + std::to_string(most) + " bytes");
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

namespace {

bool is_absence(int error) {
    return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ENXIO;
}

std::string first_line(const fs::path& file) {
    // An attribute has a page.
    constexpr std::size_t longest = 65536;
    std::string text = read_regular_file(file, longest);
    return text.substr(0, text.find('\n'));
}

}  // namespace

std::string first_line_of(const fs::path& file) {
    try {
        return first_line(file);
    } catch (const std::system_error& error) {
        if (is_shortage(error)) throw;
        return {};
    }
}

bool is_there(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0) return true;
    if (!is_absence(errno)) throw_errno("look at " + file.string());
    return false;
}

std::string first_line_if_there(const fs::path& file) {
    try {
        return first_line(file);
    } catch (const std::system_error& error) {
        if (!is_absence(error.code().value())) throw;
        return {};
    }
}

std::string name_behind(const fs::path& link) {
    std::error_code error;
    fs::path target = fs::read_symlink(link, error);
    if (error && !is_absence(error.value()) && error.value() != EINVAL)
        throw_errno("read the link " + link.string(), error.value());
    return target.filename();
}

fs::path canonical_if_there(const fs::path& file) {
    std::error_code error;
    fs::path path = fs::canonical(file, error);
    if (error && !is_absence(error.value())) throw_errno("follow " + file.string(), error.value());
    return path;
}

std::vector<fs::path> entries_if_there(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> entries = entries_of(folder, error);
    if (error && !is_absence(error.value())) throw_errno("look into " + folder.string(), error.value());
    return entries;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> entries = entries_of(folder, error);
    if (is_shortage(error.value())) throw_errno("look into " + folder.string(), error.value());
    return entries;
}

std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& error) {
    std::vector<fs::path> entries;
    // Its increment throws in a range-based loop, whatever the constructor was given.
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        entries.push_back(entry->path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

}  // namespace hvfbd
