#include "tracking/protection.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "tracking/grant.h"
#include "tracking/mutation.h"

namespace hvfb {

namespace {

// Linux 5.14; the headers of others than the GNU C library may be older.
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

// Kernel and hardware have many reasons to refuse it (EINVAL, ENOMEM, EFAULT, EHWPOISON), and none of them
// matters: the next store takes a fault then, which tells of a failure that lasts.
void populate_now(Memory memory) {
    if (memory.size > 0) (void)madvise(memory.address, memory.size, MADV_POPULATE_WRITE);
}

}  // namespace

TrackingRefused Protection::take_synchronous(bool allowed, Supervisor supervisor) {
    using Of = TrackingRefused::Of;
    if (!allowed) return {.of = Of::program};
    switch (supervisor) {
        case Supervisor::valgrind:
            return {.of = Of::valgrind};
        case Supervisor::recorder:
            return {.of = Of::recorder};
        case Supervisor::tracer:
            return {.of = Of::tracer};
        case Supervisor::none:
            break;
    }
    TrackingRefused refused;
    synchronous_ = Userfault::make(Userfault::Kind::synchronous, refused);
    // A system call that stores into the memory, read(2) for one, would fail with EFAULT.
    if (synchronous_ && !synchronous_->serves_kernel()) synchronous_.reset();
    return refused;
}

TrackingRefused Protection::take_asynchronous(bool allowed, Supervisor supervisor) {
    using Of = TrackingRefused::Of;
    if (!allowed) return {.of = Of::program};
    if (supervisor == Supervisor::recorder) return {.of = Of::recorder};
    if (supervisor == Supervisor::valgrind) return {.of = Of::valgrind};
    TrackingRefused refused;
    asynchronous_ = Userfault::make(Userfault::Kind::asynchronous, refused);
    if (!asynchronous_) return refused;
    pagemap_ = Pagemap::open();
    if (pagemap_) return {};
    const int error = errno;
    asynchronous_.reset();
    return {.of = error == ENOTTY ? Of::scan : Of::pagemap, .error = error};
}

void Protection::acquire(bool announce, bool scan, Supervisor supervisor) {
    lose();
    may_announce_ = announce && supervisor == Supervisor::none;
    may_scan_ = scan && (supervisor == Supervisor::none || supervisor == Supervisor::tracer);
    page_size_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    refused_.announce = take_synchronous(announce, supervisor);
    refused_.scan = take_asynchronous(scan, supervisor);
}

bool Protection::gain(const Descriptor& device) {
    const bool announced = synchronous_.has_value(), scanned = asynchronous_.has_value();
    if (may_announce_ && !announced) synchronous_ = make_granted(device, Userfault::Kind::synchronous);
    if (may_scan_ && !scanned) asynchronous_ = make_granted(device, Userfault::Kind::asynchronous);
    if (asynchronous_ && !pagemap_) pagemap_ = Pagemap::open();
    if (!pagemap_) asynchronous_.reset();
    return synchronous_.has_value() != announced || asynchronous_.has_value() != scanned;
}

Capabilities Protection::capabilities() const {
    return {.announce = synchronous_.has_value(), .scan = asynchronous_.has_value()};
}

void Protection::point_at(Memory memory) {
    memory_ = memory;
    still_protected_ = false;
}

const Userfault& Protection::watching() const {
    return watch_ == Watch::synchronous ? *synchronous_ : *asynchronous_;
}

int Protection::switch_watch(Watch watch) {
    pass(HookPoint::before_switch);
    if (watch_ != Watch::none) {
        const int result = watching().unwatch(memory_);
        if (result < 0) still_protected_ = true;
        watch_ = Watch::none;
        if (result < 0) return result;
    }
    if (watch != Watch::none) {
        const Userfault& next = watch == Watch::synchronous ? *synchronous_ : *asynchronous_;
        if (const int result = next.watch(memory_); result < 0) return result;
        watch_ = watch;
        if (const int result = next.protect(memory_); result < 0) return result;
    }
    pass(HookPoint::after_switch);
    return 0;
}

int Protection::protect(Pages pages) {
    return watch_ == Watch::none ? -EINVAL : watching().protect(part(pages));
}

int Protection::unprotect(Pages pages, std::uint32_t from) {
    if (watch_ == Watch::none) return -EINVAL;
    if (const int result = watching().unprotect(part(pages)); result < 0) return result;
    // The woken thread continues behind `from`, and needs longer to get there than this takes.
    populate_now(part({from, pages.end() - from}));
    populate_now(part({pages.first, from - pages.first}));
    return 0;
}

void Protection::populate(Pages pages) const {
    // This thread would wait for itself at a page that is protected synchronously.
    if (watch_ != Watch::synchronous && !still_protected_) populate_now(part(pages));
}

void Protection::forgo_announcements() {
    if (watch_ == Watch::synchronous) lose();
    synchronous_.reset();
}

void Protection::lose() {
    if (watch_ != Watch::none && watching().unwatch(memory_) < 0) still_protected_ = true;
    abandon();
}

void Protection::abandon() {
    watch_ = Watch::none;
    synchronous_.reset();
    asynchronous_.reset();
    pagemap_.reset();
}

Memory Protection::part(Pages pages) const {
    return {memory_.address + pages.first * page_size_, pages.count * page_size_};
}

Pages Protection::pages_of(Memory memory) const {
    return {page_of(reinterpret_cast<std::uintptr_t>(memory.address)),
            static_cast<std::uint32_t>(memory.size / page_size_)};
}

std::uint32_t Protection::page_of(std::uintptr_t address) const {
    return static_cast<std::uint32_t>((address - reinterpret_cast<std::uintptr_t>(memory_.address)) /
                                      page_size_);
}

}  // namespace hvfb
