#include "run/notify/own_file_system.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <string>

namespace run {
namespace {

bool put(const char* path, const std::string& text) {
    const hvfbd::Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string itself_alone(unsigned id) {
    return std::to_string(id) + ' ' + std::to_string(id) + " 1";
}

// Made before there is a process that shall not allocate: another thread may have the lock for that.
struct Texts {
    explicit Texts(std::size_t bytes) : size(std::to_string(bytes)) {}
    std::string size, user = itself_alone(::geteuid()), group = itself_alone(::getegid());
};

// Who may mount is the owner of its name space of mounts: without root's rights that takes one of users too,
// in which this user is itself.
bool may_mount(const Texts& texts) {
    if (::unshare(CLONE_NEWNS) == 0) return true;
    return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/setgroups", "deny") &&
           put("/proc/self/uid_map", texts.user) && put("/proc/self/gid_map", texts.group);
}

struct Result {
    int root = -1, settings = -1, error = 0;
};

// The descriptors outlive the process that makes them.
Result mounted(const std::string& size) {
    const int made = ::fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (made >= 0 && ::fsconfig(made, FSCONFIG_SET_STRING, "size", size.c_str(), 0) == 0 &&
        ::fsconfig(made, FSCONFIG_SET_STRING, "mode", "0755", 0) == 0 &&
        ::fsconfig(made, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
        const int root =
            ::fsmount(made, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        if (root >= 0) return {.root = root, .settings = made, .error = 0};
    }
    const int error = errno;
    if (made >= 0) ::close(made);
    return {.root = -1, .settings = -1, .error = error};
}

}  // namespace

bool OwnFileSystem::resize(std::size_t size) const {
    // Who made it need have no rights where it is mounted: the owner of its name space of users has them.
    return ::fsconfig(settings.get(), FSCONFIG_SET_STRING, "size", std::to_string(size).c_str(), 0) == 0 &&
           ::fsconfig(settings.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0) == 0;
}

OwnFileSystem own_file_system(std::size_t size) {
    void* const shared =
        ::mmap(nullptr, sizeof(Result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return {};
    auto* const result = new (shared) Result;
    const Texts texts(size);
    // Name spaces are of a process that has no threads, and this one's are to stay. It has this process's
    // descriptors, so that what it opens is there when it has ended.
    const long child = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) {
        if (may_mount(texts))
            *result = mounted(texts.size);
        else
            result->error = errno;
        ::_exit(0);
    }
    Result done{.root = -1, .settings = -1, .error = errno};
    if (child > 0) {
        while (::waitpid(static_cast<pid_t>(child), nullptr, 0) < 0 && errno == EINTR) {
        }
        done = *result;
    }
    ::munmap(shared, sizeof(Result));
    errno = done.error;
    if (done.root < 0) return {};
    return {.root = hvfbd::Descriptor(done.root), .settings = hvfbd::Descriptor(done.settings)};
}

}  // namespace run
