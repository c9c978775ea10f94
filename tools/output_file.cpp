#include "output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int error = errno) {
    throw std::system_error(error, std::system_category(), "write " + path);
}

struct File {
    int descriptor;
    explicit File(int opened) : descriptor(opened) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor >= 0) close(descriptor);
    }
};

void write_all(int file, std::span<const std::byte> bytes, const std::string& path) {
    // For who does not wait for a reader: how long one that is there may take.
    constexpr int patience = 5000;  // milliseconds
    while (!bytes.empty()) {
        const ssize_t size = ::write(file, bytes.data(), bytes.size());
        if (size >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(size));
        } else if (errno == EAGAIN) {
            pollfd room = {.fd = file, .events = POLLOUT, .revents = 0};
            if (poll(&room, 1, patience) == 0) fail(path, ETIMEDOUT);
        } else if (errno != EINTR) {
            fail(path);
        }
    }
}

// What /dev/stdout, /dev/fd/3 and the like lead to, whatever is open there.
std::optional<int> descriptor_of(fs::path path) {
    std::error_code error;
    for (int links = 0; links < 40; ++links) {
        const std::string folder = fs::weakly_canonical(path.parent_path(), error);
        const std::string own = "/proc/" + std::to_string(getpid()) + "/fd";
        if (folder == own || folder == "/proc/self/fd") {
            const std::string name = path.filename();
            int number = -1;
            const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
            if (failed == std::errc() && end == name.data() + name.size()) return number;
        }
        const fs::path next = fs::read_symlink(path, error);
        if (error) return std::nullopt;
        path = next.is_absolute() ? next : path.parent_path() / next;
    }
    return std::nullopt;
}

// Where no file can be made beside it: over what is there. Cut only when all of it is written.
void write_over(const std::string& path, std::span<const std::byte> bytes) {
    const File file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.descriptor < 0) fail(path);
    write_all(file.descriptor, bytes, path);
    if (ftruncate(file.descriptor, static_cast<off_t>(bytes.size())) < 0) fail(path);
}

// `before`: the file that is there, or null.
void replace(const std::string& path, const struct stat* before, std::span<const std::byte> bytes) {
    // What a link leads to, also where that is to be made.
    fs::path target = fs::absolute(path);
    std::error_code error;
    for (int links = 0; links < 40; ++links) {
        const fs::path next = fs::read_symlink(target, error);
        if (error) break;
        target = next.is_absolute() ? next : target.parent_path() / next;
    }
    // Its own name may be as long as names are allowed to be.
    constexpr std::size_t longest = 200;
    const std::string name = target.filename().string().substr(0, longest);
    std::string beside = (target.parent_path() / ("." + name + ".XXXXXX")).string();
    const File file(mkostemp(beside.data(), O_CLOEXEC));
    if (file.descriptor < 0) {
        if (before && (errno == EACCES || errno == EPERM || errno == EROFS)) return write_over(path, bytes);
        fail(path);
    }
    bool taken = true;
    try {
        const mode_t mask = umask(0);
        umask(mask);
        // Who may not give it to its owner keeps it.
        if (before && fchown(file.descriptor, before->st_uid, before->st_gid) < 0 && errno != EPERM)
            fail(path);
        if (fchmod(file.descriptor, before ? before->st_mode & 0777 : 0666 & ~mask) < 0) fail(path);
        write_all(file.descriptor, bytes, path);
        taken = rename(beside.c_str(), target.c_str()) == 0;
        // Of another user's file in a folder like /tmp only its content may be replaced.
        if (!taken && (!before || (errno != EPERM && errno != EACCES))) fail(path);
    } catch (...) {
        unlink(beside.c_str());
        throw;
    }
    if (taken) return;
    unlink(beside.c_str());
    write_over(path, bytes);
}

}  // namespace

void write_output(const std::string& path, std::span<const std::byte> bytes, Reader reader) {
    if (path == "-") return write_all(STDOUT_FILENO, bytes, "standard output");
    if (const auto own = descriptor_of(path)) return write_all(*own, bytes, path);
    struct stat status = {};
    const bool there = stat(path.c_str(), &status) == 0;
    if (!there && errno != ENOENT) fail(path);
    if (!there || S_ISREG(status.st_mode)) return replace(path, there ? &status : nullptr, bytes);
    if (S_ISDIR(status.st_mode)) fail(path, EISDIR);
    const int waits = reader == Reader::waited_for ? 0 : O_NONBLOCK;
    const File file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | waits));
    if (file.descriptor < 0) fail(path);
    write_all(file.descriptor, bytes, path);
}

}  // namespace hvfbd
