#include "run/tracking/watched_process.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "common/write_tracking.h"

namespace run {
namespace {

using hvfbd::Descriptor;

std::string in_proc(pid_t process, const char* name) {
    return "/proc/" + std::to_string(process) + '/' + name;
}

Descriptor open_to_read(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// From its beginning.
std::string text_of(const Descriptor& file) {
    std::string text;
    std::array<char, 16384> part;
    for (ssize_t got;
         (got = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(text.size()))) > 0;)
        text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

bool begin_asynchronous(const Descriptor& userfault) {
    uffdio_api api{};
    api.api = UFFD_API;
    api.features = common::asynchronous_features;
    return ::ioctl(userfault.get(), UFFDIO_API, &api) == 0;
}

std::string missing(const char* what) {
    return std::string(what) + ": " + std::strerror(errno);
}

}  // namespace

bool maps_shared(pid_t process, MemoryFile file) {
    const Descriptor maps = open_to_read(in_proc(process, "maps"));
    return maps && !mapped_parts(text_of(maps), file.device, file.inode).empty();
}

std::string watching_refused() {
#if defined(__x86_64__)
    const Descriptor pagemap = open_to_read("/proc/self/pagemap");
    common::PagemapScan nothing{};
    nothing.size = sizeof nothing;
    nothing.category_mask = nothing.return_mask = common::page_is_written;
    if (!pagemap) return missing("/proc/self/pagemap");
    if (::ioctl(pagemap.get(), common::pagemap_scan, &nothing) != 0)
        return "the kernel lists no written pages, as Linux does from 6.7 on";
    const Descriptor userfault(
        static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY)));
    if (!userfault) return missing("userfaultfd");
    if (!begin_asynchronous(userfault)) return missing("asynchronous write protection");
    return {};
#else
    return "it is done on x86-64 only";
#endif
}

std::optional<WatchedProcess> WatchedProcess::begin(pid_t process, Descriptor userfault, MemoryFile file) {
    // Each opened once: a process of this number may be another one later.
    Descriptor maps = open_to_read(in_proc(process, "maps"));
    if (!maps) return {};
    Descriptor pagemap = open_to_read(in_proc(process, "pagemap"));
    if (!pagemap || !begin_asynchronous(userfault)) return {};
    return WatchedProcess(process, std::move(userfault), std::move(maps), std::move(pagemap), file);
}

int WatchedProcess::protect(const MappedPart& part) const {
    uffdio_register watched{};
    watched.range = {part.begin, part.end - part.begin};
    watched.mode = UFFDIO_REGISTER_MODE_WP;
    if (::ioctl(userfault_.get(), UFFDIO_REGISTER, &watched) != 0) return errno;
    uffdio_writeprotect protection{};
    protection.range = watched.range;
    protection.mode = UFFDIO_WRITEPROTECT_MODE_WP;
    // EAGAIN: the mappings are just being changed, by another thread.
    constexpr int tries = 1000;
    for (int i = 0; i < tries; ++i) {
        if (::ioctl(userfault_.get(), UFFDIO_WRITEPROTECT, &protection) == 0) return 0;
        if (errno != EAGAIN) break;
    }
    return errno;
}

WatchedProcess::Result WatchedProcess::watch() {
    // ENOENT: it is just being unmapped, or a part of it.
    constexpr int tries = 100;
    int refused = ENOENT;
    for (int i = 0; i < tries && refused == ENOENT; ++i) {
        refused = 0;
        parts_ = mapped_parts(text_of(maps_), file_.device, file_.inode);
        std::erase_if(parts_, [this, &refused](const MappedPart& part) {
            const int error = protect(part);
            // EPERM: opened for reading only, so that nobody ever stores there. ESRCH: the program has ended.
            if (error != 0 && error != EPERM && error != ESRCH) refused = error;
            return error != 0;
        });
    }
    if (refused != 0) why_ = std::string("write protection: ") + std::strerror(refused);
    return refused != 0 ? Result::refused : parts_.empty() ? Result::nothing : Result::watched;
}

bool WatchedProcess::take_written(const std::function<void(std::uint64_t, std::uint64_t)>& visit) {
    if (parts_.empty()) return false;
    for (auto first = parts_.cbegin(); first != parts_.cend();) {
        auto last = first + 1;
        while (last != parts_.cend() && last->begin == (last - 1)->end) ++last;
        if (!scan({first, last}, visit)) return false;
        first = last;
    }
    return true;
}

bool WatchedProcess::scan(std::span<const MappedPart> together,
                          const std::function<void(std::uint64_t, std::uint64_t)>& visit) const {
    std::array<common::PagemapRegion, 256> regions;
    common::PagemapScan arguments{};
    arguments.size = sizeof arguments;
    // Other memory is passed over, and so found to be missing here.
    arguments.flags = common::scan_protects_matching;
    arguments.start = together.front().begin;
    // A page more, which shows whether the mapping has grown.
    arguments.end = together.back().end + static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    arguments.regions = reinterpret_cast<std::uintptr_t>(regions.data());
    arguments.regions_count = regions.size();
    arguments.category_mask = common::page_may_be_protected;
    arguments.return_mask = common::page_may_be_protected | common::page_is_written;
    Coverage coverage(arguments.start, together.back().end);
    while (arguments.start < arguments.end) {
        const int count = ::ioctl(pagemap_.get(), common::pagemap_scan, &arguments);
        if (count < 0 || arguments.walk_end <= arguments.start) return false;
        for (const auto& region : std::span(regions).first(static_cast<std::size_t>(count))) {
            if (!coverage.continues(region.start, region.end)) return false;
            if (!(region.categories & common::page_is_written)) continue;
            for (const MappedPart& part : together) {
                const std::uint64_t begin = std::max(region.start, part.begin),
                                    end = std::min(region.end, part.end);
                if (begin < end) visit(part.offset + (begin - part.begin), end - begin);
            }
        }
        arguments.start = arguments.walk_end;
    }
    return coverage.whole();
}

}  // namespace run
