#pragma once

#include <cstdint>

#include "tracking/pages.h"

namespace hvfb {

// What the kernel can do for this process.
struct Capabilities {
    bool announce = false;  // synchronous write-protection, of system calls' stores too
    bool scan = false;      // asynchronous write-protection, and listing what was written
};

enum class Tracking : std::uint32_t { off, automatic, fault, scan, compare };
enum class TrackerState : std::uint32_t { off, resting, scanning, comparing, polled };
// By which userfaultfd the buffer is watched.
enum class Watch : std::uint32_t { none, synchronous, asynchronous };

// What is to be done with the buffer, in the order in which it is given.
struct Action {
    enum class Kind : std::uint32_t {
        switch_watch,  // to `watch`; unless that is none everything is protected then
        protect,
        unprotect,  // so that stores take no fault, and wake who waits for one
        populate,   // so that stores into what is not protected, or only asynchronously, take no fault
        scan,       // protect what was written since the last time, and give it to Policy::scanned
        announce,   // there is something to collect about `pages`; a count of 0: somewhere
        report,     // send Policy::report
    };
    Kind kind;
    Pages pages = {};
    Watch watch = Watch::none;
    std::uint32_t from = pages.first;  // of unprotect: the page for which somebody waits
};

// What is said of the stores since the last report.
struct Report {
    bool everything = false;
    bool unprotected = false;  // a store from now on will not be announced
    // The pages are open and were in the last report too: none was found to be written, any may be.
    bool only_open = false;
    TrackerState state = TrackerState::off;
    unsigned faults = 0;  // served since the last report, for the statistics
    PageList pages;

    bool empty() const { return !everything && pages.runs().empty(); }
    // What the daemon remembers of it.
    struct Summary {
        bool unprotected = false;
        TrackerState state = TrackerState::off;
        bool operator==(const Summary&) const = default;
    };
    Summary summary() const { return {unprotected, state}; }
};

}  // namespace hvfb
