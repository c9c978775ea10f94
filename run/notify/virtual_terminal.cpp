#include "run/notify/virtual_terminal.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "run/device_files.h"
#include "run/lone_terminal.h"

namespace run {

using fbdev::Terminals;
using hvfbd::Descriptor;

VirtualTerminal::VirtualTerminal(const TerminalSettings& settings) : which_(settings.which) {
    struct stat status {};
    if (which_ == Terminals::fake && !settings.own.empty() && ::stat(settings.own.c_str(), &status) == 0 &&
        S_ISCHR(status.st_mode))
        own_ = status;
}

bool VirtualTerminal::is_kernels(const std::string& path, int flags) const {
    if (which_ != Terminals::where_missing) return which_ == Terminals::kernels;
    char name[32];
    fbdev::terminal_name(path, name, sizeof name);
    // As the program would, and without any of what comes of it.
    const int harmless = (flags & O_ACCMODE) | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    return static_cast<bool>(Descriptor(::open(name, harmless)));
}

bool VirtualTerminal::is_kernels(const Caller& caller, int descriptor) const {
    // What is no descriptor at all the kernel says best.
    if (which_ == Terminals::kernels || !caller.has(descriptor)) return true;
    return which_ == Terminals::where_missing && caller.has_virtual_terminal(descriptor);
}

bool VirtualTerminal::is_own(const struct stat& status) const {
    struct stat alone {};
    return S_ISCHR(status.st_mode) &&
           ((own_ && status.st_rdev == own_->st_rdev) ||
            (peer_ && ::fstat(peer_.get(), &alone) == 0 && status.st_rdev == alone.st_rdev));
}

std::optional<struct stat> VirtualTerminal::status(const Caller& caller, const std::string& path,
                                                   int descriptor) {
    if (which_ != Terminals::fake) return {};
    struct stat status {};
    if (fbdev::device_file(path) == fbdev::DeviceFile::terminal) {
        if (own_)
            status = *own_;
        else if (const Descriptor alone = open_alone(O_RDWR | O_CLOEXEC);
                 !alone || ::fstat(alone.get(), &status) != 0)
            return {};
        status.st_rdev = fbdev::terminal_device(path);
        return status;
    }
    if (descriptor < 0) descriptor = descriptor_named(path);
    if (descriptor < 0 || !caller.status(descriptor, status) || !is_own(status)) return {};
    status.st_rdev = fbdev::terminal_device(fbdev::own_terminal_name);
    return status;
}

std::string VirtualTerminal::name(const Caller& caller, int descriptor) const {
    struct stat status {};
    if (which_ != Terminals::fake || descriptor < 0 || !caller.status(descriptor, status) || !is_own(status))
        return {};
    return fbdev::own_terminal_name;
}

Descriptor VirtualTerminal::open(const Caller& caller, int flags) {
    const int wanted = (flags & (O_ACCMODE | O_NONBLOCK)) | O_NOCTTY | O_CLOEXEC;
    if (const std::string path = caller.terminal(); !path.empty())
        if (Descriptor its{::open(path.c_str(), wanted)}) return its;
    if (Descriptor alone = open_alone(wanted)) return alone;
    return Descriptor(::open("/dev/null", wanted));
}

Descriptor VirtualTerminal::open_alone(int flags) {
    if (!master_) {
        Descriptor master(fbdev::open_lone_master());
        if (!master) return {};
        Descriptor peer(fbdev::open_lone_terminal(master.get(), O_RDWR | O_CLOEXEC));
        if (!peer) return {};
        master_ = std::move(master);
        peer_ = std::move(peer);
    }
    return Descriptor(fbdev::open_lone_terminal(master_.get(), flags));
}

void VirtualTerminal::discard() const {
    char text[4096];
    while (::read(master_.get(), text, sizeof text) > 0) {
    }
}

}  // namespace run
