#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/tracking/births.h"
#include "run/tracking/watched_process.h"

namespace run {

class Tracee;

// Knows where programs have stored into the memory that they share: their processes are watched from outside,
// and a descriptor's writes are told by the kernel. Where that cannot be done for one of them, the picture
// has to be compared as long as that process has the memory.
//
// A process is watched from the end of the call on that maps the memory: before any store, and where no call
// of its is interrupted. One thread.
class StoreWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;
    // What a thread that waits in a call is let go on by.
    using LetGo = std::function<void()>;

    // `refused`: why nothing can be tracked here; empty: it can. `filters`: how many filters of system calls
    // these programs have. `explain`: what is done is said on standard error.
    StoreWatch(std::string refused, unsigned filters, bool explain);

    // `memory` is the file, which is to stay open.
    void begin(MemoryFile file, int memory);
    // A thread waits in the call that maps the memory for storing.
    void maps(pid_t thread, const LetGo& let_go);
    // Stores are made that are not seen.
    void give_up(const std::string& why);

    // Readable when something was written by a descriptor; -1: that is not told.
    int written() const { return writes_.get(); }
    // Calls visit(offset, size) for what was stored into since the last time. False: more may have been.
    bool take_stores(const std::function<void(std::uint64_t, std::uint64_t)>& visit, Time now);

  private:
    struct Watched {
        WatchedProcess memory;
        std::uint64_t ended_children;  // see work_of_ended_children
    };
    struct Unwatched {
        pid_t process;
        hvfbd::Descriptor handle;
        Time looked_at;
    };

    Watched* watched(pid_t process);
    bool known(pid_t process);
    void watch(Tracee& tracee, pid_t process);
    void forget(pid_t process);
    void cannot(pid_t process, const std::string& why);
    bool take_writes() const;
    bool take_written(const std::function<void(std::uint64_t, std::uint64_t)>& visit, Time now);
    bool no_children(Time now);
    bool no_child_of(pid_t process);
    bool no_orphans(Time now);
    bool all_watched(Time now);
    void say(const std::string& what) const;

    std::string refused_;
    unsigned filters_;
    bool explain_;
    MemoryFile file_;
    hvfbd::Descriptor writes_;
    std::vector<Watched> watched_;
    std::vector<Unwatched> unwatched_;
    Newest newest_;
    Births births_;
    // Until then processes are looked for whose parents have ended.
    Time orphans_until_{}, looked_for_orphans_{};
    bool compared_ = true;  // at the last look
};

}  // namespace run
