#include "tracking/pagemap.h"

#include <fcntl.h>

#include <cerrno>

namespace hvfb {

std::optional<Pagemap> Pagemap::open() {
    Descriptor descriptor(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    if (!descriptor) return std::nullopt;
    // An empty range: answered by a kernel that can scan, ENOTTY by one that cannot.
    common::PagemapScan arguments = {};
    arguments.size = sizeof arguments;
    arguments.category_mask = arguments.return_mask = common::page_is_written;
    if (ioctl(descriptor.get(), common::pagemap_scan, &arguments) < 0) return std::nullopt;
    return Pagemap(static_cast<Descriptor&&>(descriptor));
}

int Pagemap::scan(Memory& memory) {
    common::PagemapScan arguments = {};
    arguments.size = sizeof arguments;
    // Were the memory not under asynchronous protection any more, nothing would be protected: that is to
    // fail.
    arguments.flags = common::scan_protects_matching | common::scan_checks_asynchronous;
    arguments.start = reinterpret_cast<std::uintptr_t>(memory.address);
    arguments.end = arguments.start + memory.size;
    arguments.regions = reinterpret_cast<std::uintptr_t>(regions_.data());
    arguments.regions_count = regions_.size();
    arguments.category_mask = arguments.return_mask = common::page_is_written;
    // Asked at each frame, and without a check whose number it is: another file refuses this request, and
    // any pagemap of this process answers it as well.
    const int count = ioctl(descriptor_.get(), common::pagemap_scan, &arguments);
    if (count < 0) return -errno;
    const auto walked = static_cast<std::size_t>(arguments.walk_end - arguments.start);
    if (walked == 0 || walked > memory.size) return -EIO;
    memory = {memory.address + walked, memory.size - walked};
    return count;
}

}  // namespace hvfb
