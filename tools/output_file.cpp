#include "output_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/numbers.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int error = errno) {
    throw std::system_error(error, std::system_category(), "write " + path);
}

struct File {
    int descriptor;
    explicit File(int opened) : descriptor(opened) {}
    File(File&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor, other.descriptor);
        return *this;
    }
    ~File() {
        if (descriptor >= 0) close(descriptor);
    }
};

void write_all(int file, std::span<const std::byte> bytes, const std::string& path) {
    // For who does not wait for a reader: how long one that is there may take.
    constexpr int timeout = 5000;  // milliseconds
    while (!bytes.empty()) {
        const ssize_t size = ::write(file, bytes.data(), bytes.size());
        if (size >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(size));
        } else if (errno == EAGAIN) {
            pollfd room = {.fd = file, .events = POLLOUT, .revents = 0};
            if (poll(&room, 1, timeout) == 0) fail(path, ETIMEDOUT);
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
            if (const auto number = hvfbd::whole_number<int>(name)) return number;
        }
        const fs::path next = fs::read_symlink(path, error);
        if (error) return std::nullopt;
        path = next.is_absolute() ? next : path.parent_path() / next;
    }
    return std::nullopt;
}

// Where a file is, or shall be made: behind all links.
struct Place {
    File folder;
    std::string name;
    std::optional<struct stat> status;  // of what has the name; never a link
    bool of_a_process = false;          // the name is a descriptor of a process, in /proc
};

// As fs.protected_symlinks: in a folder like /tmp a link is followed for its owner, and the folder's.
bool may_be_followed(const struct stat& link, int folder) {
    struct stat around = {};
    if (fstat(folder, &around) < 0) return false;
    const bool shared = (around.st_mode & S_ISVTX) && (around.st_mode & S_IWOTH);
    return !shared || link.st_uid == geteuid() || link.st_uid == around.st_uid;
}

// In /proc a link leads to what is open there, whatever its text says.
bool is_proc(int folder) {
    struct statfs system = {};
    return fstatfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

// One link after the other, each read from the descriptor that it was judged by: a name may mean something
// else at any time.
Place find_place(const std::string& path) {
    constexpr int most_links = 40, longest_target = PATH_MAX;
    File folder(AT_FDCWD);
    fs::path rest = path;
    for (int links = 0; links <= most_links; ++links) {
        const std::string parent = rest.has_parent_path() ? rest.parent_path().string() : ".";
        File next(openat(folder.descriptor, parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (next.descriptor < 0) fail(path);
        folder = std::move(next);
        const std::string name = rest.filename();
        if (name.empty()) fail(path, EISDIR);
        const File found(openat(folder.descriptor, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (found.descriptor < 0 && errno == ENOENT) return {std::move(folder), name, std::nullopt, false};
        struct stat status = {};
        if (found.descriptor < 0 || fstat(found.descriptor, &status) < 0) fail(path);
        if (!S_ISLNK(status.st_mode)) return {std::move(folder), name, status, false};
        if (is_proc(folder.descriptor)) return {std::move(folder), name, std::nullopt, true};
        if (!may_be_followed(status, folder.descriptor)) fail(path, EACCES);
        std::array<char, longest_target> target{};
        const ssize_t size = readlinkat(found.descriptor, "", target.data(), target.size());
        if (size < 0) fail(path);
        rest = std::string(target.data(), static_cast<std::size_t>(size));
    }
    fail(path, ELOOP);
}

bool same(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Where no file can be made beside it: over what is there. Cut only when all of it is written.
void write_over(const File& file, const struct stat& before, std::span<const std::byte> bytes,
                const std::string& path) {
    struct stat status = {};
    if (file.descriptor < 0 || fstat(file.descriptor, &status) < 0) fail(path);
    // Another one has its name by now.
    if (!same(status, before)) fail(path, ESTALE);
    write_all(file.descriptor, bytes, path);
    if (ftruncate(file.descriptor, static_cast<off_t>(bytes.size())) < 0) fail(path);
}

constexpr int over = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

void write_over(const Place& place, std::span<const std::byte> bytes, const std::string& path) {
    const File file(openat(place.folder.descriptor, place.name.c_str(), over | O_NOFOLLOW));
    write_over(file, *place.status, bytes, path);
}

// A new file in the folder, for its owner alone, and its name.
std::pair<File, std::string> make_beside(const Place& place) {
    // Its own name may be as long as names are allowed to be.
    constexpr std::size_t longest = 200;
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    constexpr mode_t for_its_owner = 0600;
    std::random_device random;
    while (true) {
        std::string name = "." + place.name.substr(0, longest) + ".";
        for (int letter = 0; letter < 6; ++letter) name += letters[random() % letters.size()];
        File file(openat(place.folder.descriptor, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                         for_its_owner));
        if (file.descriptor >= 0 || errno != EEXIST) return {std::move(file), name};
    }
}

// The owner, the group and the rights of the file that was there, as far as they may be given.
void take_over_rights(int file, const struct stat& before, const std::string& path) {
    mode_t rights = before.st_mode & 0777;
    // Who may not give it to its owner keeps it, for the same group.
    if (fchown(file, before.st_uid, before.st_gid) < 0) {
        if (errno != EPERM) fail(path);
        if (fchown(file, static_cast<uid_t>(-1), before.st_gid) < 0) {
            if (errno != EPERM) fail(path);
            // Another group has no more rights than everybody had.
            rights &= 0707U | ((rights & 0007U) << 3U);
        }
    }
    if (fchmod(file, rights) < 0) fail(path);
}

void replace(const Place& place, std::span<const std::byte> bytes, const std::string& path) {
    const auto [file, beside] = make_beside(place);
    const int folder = place.folder.descriptor;
    if (file.descriptor < 0) {
        if (place.status && (errno == EACCES || errno == EPERM || errno == EROFS))
            return write_over(place, bytes, path);
        fail(path);
    }
    bool taken = true;
    try {
        const mode_t mask = umask(0);
        umask(mask);
        if (place.status)
            take_over_rights(file.descriptor, *place.status, path);
        else if (fchmod(file.descriptor, 0666 & ~mask) < 0)
            fail(path);
        write_all(file.descriptor, bytes, path);
        taken = renameat(folder, beside.c_str(), folder, place.name.c_str()) == 0;
        // Of another user's file in a folder like /tmp only its content may be replaced.
        if (!taken && (!place.status || (errno != EPERM && errno != EACCES))) fail(path);
    } catch (...) {
        unlinkat(folder, beside.c_str(), 0);
        throw;
    }
    if (taken) return;
    unlinkat(folder, beside.c_str(), 0);
    write_over(place, bytes, path);
}

}  // namespace

void write_output(const std::string& path, std::span<const std::byte> bytes, Reader reader) {
    if (path == "-") return write_all(STDOUT_FILENO, bytes, "standard output");
    if (const auto own = descriptor_of(path)) return write_all(*own, bytes, path);
    struct stat status = {};
    const bool there = stat(path.c_str(), &status) == 0;
    if (!there && errno != ENOENT) fail(path);
    if (!there || S_ISREG(status.st_mode)) {
        const Place place = find_place(path);
        if (place.of_a_process)
            return write_over(File(openat(place.folder.descriptor, place.name.c_str(), over)), status, bytes,
                              path);
        return replace(place, bytes, path);
    }
    if (S_ISDIR(status.st_mode)) fail(path, EISDIR);
    const int waits = reader == Reader::waited_for ? 0 : O_NONBLOCK;
    const File file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | waits));
    struct stat opened = {};
    if (file.descriptor < 0 || fstat(file.descriptor, &opened) < 0) fail(path);
    // Another one has its name by now: perhaps a link of somebody else.
    if (!same(opened, status)) fail(path, ESTALE);
    write_all(file.descriptor, bytes, path);
}

}  // namespace hvfbd
