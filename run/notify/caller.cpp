#include "run/notify/caller.h"

#include <fcntl.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/descriptor.h"

#include "common/numbers.h"

namespace run {
namespace {

constexpr std::size_t longest_path = 128, page = 4096;
constexpr unsigned input_major = 13, virtual_terminal_major = 4, controlling_terminal_major = 5,
                   pseudo_terminal_major = 136;

std::string in_proc(pid_t pid, const std::string& name) {
    return "/proc/" + std::to_string(pid) + '/' + name;
}

// Of /proc/THREAD/status.
long status_of(const std::string& thread, std::string_view wanted) {
    std::ifstream status("/proc/" + thread + "/status");
    std::string word;
    long value = 0;
    while (status >> word)
        if (word == wanted && status >> value) return value;
    return 0;
}

}  // namespace

pid_t process_of(pid_t thread) {
    return static_cast<pid_t>(status_of(std::to_string(thread), "Tgid:"));
}

unsigned filters_of(const std::string& thread) {
    return static_cast<unsigned>(status_of(thread, "Seccomp_filters:"));
}

int descriptor_named(std::string_view path) {
    constexpr std::string_view standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int number = 0; number < 3; ++number)
        if (path == standard[number]) return number;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"})
        if (path.starts_with(folder))
            return hvfbd::whole_number<int>(path.substr(folder.size())).value_or(-1);
    return -1;
}

bool Caller::read(std::uint64_t from, void* to, std::size_t size) const {
    const iovec here{to, size}, there{reinterpret_cast<void*>(from), size};
    return ::process_vm_readv(pid_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

bool Caller::write(std::uint64_t to, const void* from, std::size_t size) const {
    const iovec here{const_cast<void*>(from), size}, there{reinterpret_cast<void*>(to), size};
    return ::process_vm_writev(pid_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

std::string Caller::path(std::uint64_t from) const {
    char text[longest_path];
    std::size_t length = 0;
    while (length < sizeof text) {
        // The next page may be none.
        const std::size_t part = std::min(sizeof text - length, page - (from + length) % page);
        if (!read(from + length, text + length, part)) return {};
        if (std::memchr(text + length, 0, part) != nullptr) return text;
        length += part;
    }
    return {};
}

bool Caller::has(int descriptor) const {
    struct stat status {};
    return ::lstat(in_proc(pid_, "fd/" + std::to_string(descriptor)).c_str(), &status) == 0;
}

bool Caller::status(int descriptor, struct stat& status) const {
    return ::stat(in_proc(pid_, "fd/" + std::to_string(descriptor)).c_str(), &status) == 0;
}

bool Caller::has_for_reading(int descriptor) const {
    std::ifstream information(in_proc(pid_, "fdinfo/" + std::to_string(descriptor)));
    std::string word;
    unsigned flags = O_RDWR;
    while (information >> word)
        if (word == "flags:" && information >> std::oct >> flags) break;
    return (flags & O_ACCMODE) == O_RDONLY;
}

bool Caller::has(int descriptor, dev_t device, ino_t inode) const {
    struct stat status {};
    return this->status(descriptor, status) && status.st_dev == device && status.st_ino == inode;
}

bool Caller::has_input_device(int descriptor) const {
    struct stat status {};
    return this->status(descriptor, status) && S_ISCHR(status.st_mode) &&
           major(status.st_rdev) == input_major;
}

bool Caller::has_virtual_terminal(int descriptor) const {
    struct stat status {};
    // SDL asks for each key of each map. Of terminals with another number nobody has to ask.
    if (!this->status(descriptor, status) || !S_ISCHR(status.st_mode) ||
        (major(status.st_rdev) != virtual_terminal_major &&
         major(status.st_rdev) != controlling_terminal_major))
        return false;
    // A notification names a thread, and descriptors are asked of a process.
    const hvfbd::Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process_of(pid_), 0)));
    if (!handle) return false;
    const hvfbd::Descriptor copy(static_cast<int>(::syscall(SYS_pidfd_getfd, handle.get(), descriptor, 0)));
    vt_mode mode;
    return copy && ::ioctl(copy.get(), VT_GETMODE, &mode) == 0;
}

std::string Caller::terminal() const {
    // PID (NAME) STATE PARENT GROUP SESSION TERMINAL: a name may have anything in it.
    std::string line;
    std::getline(std::ifstream(in_proc(pid_, "stat")), line);
    std::istringstream words(line.substr(std::min(line.rfind(')') + 1, line.size())));
    std::string state;
    long parent = 0, group = 0, session = 0, number = 0;
    if (!(words >> state >> parent >> group >> session >> number)) return {};
    // As the kernel writes it: twelve bits of the minor number around the major one.
    const auto device = static_cast<unsigned>(number);
    if ((device >> 8 & 0xfff) != pseudo_terminal_major) return {};
    return "/dev/pts/" + std::to_string((device & 0xff) | (device >> 12 & 0xfff00));
}

uid_t Caller::user() const {
    struct stat status {};
    return ::stat(in_proc(pid_, "").c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

std::string Caller::name() const {
    std::string name;
    std::getline(std::ifstream(in_proc(pid_, "comm")), name);
    return name;
}

fbdev::CallerMemory Caller::memory() {
    return {this,
            [](void* context, std::uint64_t from, void* to, std::size_t size) {
                return static_cast<Caller*>(context)->read(from, to, size);
            },
            [](void* context, std::uint64_t to, const void* from, std::size_t size) {
                return static_cast<Caller*>(context)->write(to, from, size);
            },
            narrow_};
}

}  // namespace run
