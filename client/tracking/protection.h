#pragma once

#include <optional>

#include "tracking/action.h"
#include "tracking/pagemap.h"
#include "tracking/supervisor.h"
#include "tracking/tracking_refused.h"
#include "tracking/userfault.h"

namespace hvfb {

// The kernel's half of tracking: write-protects the pages of one mapping. Functions return 0 or a negative
// errno; after an error call lose. Made where there are no threads of the library's yet, then used by one at
// a time.
class Protection {
  public:
    // Takes what this process may have; `announce` and `scan` can forbid it, and who runs the program. What
    // is missing is simply not there, and `refused` says why.
    void acquire(bool announce, bool scan, Supervisor supervisor);
    struct Refused {
        TrackingRefused announce, scan;
    };
    const Refused& refused() const { return refused_; }
    // Takes what is missing, and was not forbidden, from /dev/userfaultfd as the daemon opened it. False:
    // there is nothing of it that this process can have. May be called while something is watched.
    bool gain(const Descriptor& device);
    Capabilities capabilities() const;

    // From now on it is about this memory, unwatched. Nothing may be watched.
    void point_at(Memory memory);

    int switch_watch(Watch watch);  // and protect everything
    int protect(Pages pages);
    // Opens them: wakes who waits for one of them, and lets stores into them take no fault, into those from
    // page `from` on first.
    int unprotect(Pages pages, std::uint32_t from);
    // Lets stores into pages that are not protected, or not synchronously, take no fault. Only saves time:
    // where the kernel refuses it, a store takes its fault.
    void populate(Pages pages) const;
    // Calls visit(Pages) for what was written since it was protected, and protects it again.
    template <typename Visit>
    int scan(Pages pages, Visit visit) {
        return pagemap_->take_written(part(pages), [&](Memory written) { visit(pages_of(written)); });
    }
    // Watches synchronously no more. Not while it does.
    void forgo_announcements();
    // Frees everybody who waits, and has no capability any more.
    void lose();
    // In a child after fork: closes what is the parent's, and touches nothing of it.
    void abandon();

    // Readable when there are faults; -1 if there cannot be any.
    int fault_descriptor() const { return watch_ == Watch::synchronous ? synchronous_->get() : -1; }
    // Calls serve(page) for each waiting fault until it returns an error, or there are no more.
    template <typename Serve>
    int serve_faults(Serve serve) {
        std::array<std::uintptr_t, Userfault::faults_at_once> room;
        while (watch_ == Watch::synchronous) {
            const int faults = synchronous_->read_faults(room);
            if (faults <= 0) return faults;
            for (int i = 0; i < faults; ++i)
                if (const int result = serve(page_of(room[static_cast<std::size_t>(i)])); result < 0)
                    return result;
            if (static_cast<std::size_t>(faults) < room.size()) break;
        }
        return 0;
    }

  private:
    TrackingRefused take_synchronous(bool allowed, Supervisor supervisor);
    TrackingRefused take_asynchronous(bool allowed, Supervisor supervisor);
    Memory part(Pages pages) const;
    Pages pages_of(Memory memory) const;
    std::uint32_t page_of(std::uintptr_t address) const;
    const Userfault& watching() const;

    std::optional<Userfault> synchronous_, asynchronous_;
    std::optional<Pagemap> pagemap_;
    Refused refused_;
    // Unwatching failed, and a child after fork may hold what protects: whoever stores may wait for ever.
    bool still_protected_ = false;
    Memory memory_;
    Watch watch_ = Watch::none;
    bool may_announce_ = false, may_scan_ = false;  // as acquire was told
    std::size_t page_size_ = 0;
};

}  // namespace hvfb
