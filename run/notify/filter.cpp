#include "run/notify/filter.h"

#include <linux/input.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "run/notify/calls.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace run {
namespace {

sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter answer(std::uint32_t action) {
    return BPF_STMT(BPF_RET | BPF_K, action);
}

// The next instruction if it is equal, else the one after that.
sock_filter unless_equal_skip_one(std::uint32_t value) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
}

// Of mappings those that are shared, of a file: they are few, and one may reach behind the framebuffer. The
// lower half of the flags comes first on all of these machines.
std::vector<sock_filter> shared_mappings() {
    return {load(offsetof(seccomp_data, args) + 3 * sizeof(__u64)),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_TYPE | MAP_ANONYMOUS),
            unless_equal_skip_one(MAP_SHARED),
            answer(SECCOMP_RET_USER_NOTIF),
            unless_equal_skip_one(MAP_SHARED_VALIDATE),
            answer(SECCOMP_RET_USER_NOTIF),
            answer(SECCOMP_RET_ALLOW)};
}

// What is done with a call of this architecture. The accumulator has the number of the architecture.
std::vector<sock_filter> calls_of(const Architecture& architecture, const Filtered& filtered) {
    std::vector<sock_filter> part{load(offsetof(seccomp_data, nr))};
    std::uint32_t ioctl = 0, map = 0;
    for (const NumberedCall& call : architecture.calls) {
        if (call.call == Call::ioctl) {
            ioctl = call.number;
            continue;
        }
        if (call.call == Call::map) {
            map = call.number;
            continue;
        }
        part.push_back(unless_equal_skip_one(call.number));
        part.push_back(answer(SECCOMP_RET_USER_NOTIF));
    }
    const std::vector<sock_filter> mappings = shared_mappings();
    part.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, map, 0, static_cast<std::uint8_t>(mappings.size())));
    part.insert(part.end(), mappings.begin(), mappings.end());
    part.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ioctl, 1, 0));
    part.push_back(answer(SECCOMP_RET_ALLOW));
    // Of ioctls only those with the letter of framebuffers, and where it is wanted of virtual terminals and
    // keyboards. The lower half of the argument comes first on all of these machines.
    const sock_filter request = load(offsetof(seccomp_data, args) + sizeof(__u64));
    part.push_back(request);
    if (filtered.keyboards) {
        part.push_back(unless_equal_skip_one(EVIOCGRAB));
        part.push_back(answer(SECCOMP_RET_USER_NOTIF));
    }
    const auto stop = [&part](std::uint32_t mask, std::uint32_t value) {
        part.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        part.push_back(unless_equal_skip_one(value));
        part.push_back(answer(SECCOMP_RET_USER_NOTIF));
    };
    // Those of virtual terminals have nothing but a letter and a number. Cameras have the same letter and ask
    // for each picture.
    if (filtered.terminal) {
        for (const std::uint32_t letter : {0x4bU, 0x56U}) {  // K, V
            stop(0xffffff00, letter << 8);
            part.push_back(request);
        }
    }
    stop(0xff00, 'F' << 8);
    part.push_back(answer(SECCOMP_RET_ALLOW));
    return part;
}

}  // namespace

std::vector<sock_filter> notify_filter(const Filtered& filtered) {
    std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch))};
    for (const Architecture& architecture : architectures()) {
        const std::vector<sock_filter> part = calls_of(architecture, filtered);
        // Of another architecture the numbers mean something else.
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture.name, 0,
                                  static_cast<std::uint8_t>(part.size())));
        filter.insert(filter.end(), part.begin(), part.end());
    }
    filter.push_back(answer(SECCOMP_RET_ALLOW));
    return filter;
}

hvfbd::Descriptor install_filter(const std::vector<sock_filter>& filter) {
    std::vector<sock_filter> writable = filter;
    const sock_fprog program{static_cast<unsigned short>(writable.size()), writable.data()};
    const auto install = [&program](unsigned long flags) {
        return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                          SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &program));
    };
    // Linux 5.19: a signal does not interrupt a call that is being answered.
    unsigned long flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    int listener = install(flags);
    if (listener < 0 && errno == EINVAL) listener = install(flags = 0);
    if (listener < 0 && errno == EACCES) {
        // Not root: then no program that is started gets more rights.
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            throw std::system_error(errno, std::generic_category(), "PR_SET_NO_NEW_PRIVS");
        listener = install(flags);
    }
    if (listener < 0)
        throw std::system_error(
            errno, std::generic_category(),
            "the kernel takes no seccomp filter with notifications, without which only dynamically linked "
            "programs of glibc draw: --method=preload");
    return hvfbd::Descriptor(listener);
}

}  // namespace run
