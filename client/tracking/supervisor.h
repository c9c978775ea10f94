#pragma once

#include <cstdint>

namespace hvfb {

// Who may keep the library's thread from running while another thread of the program runs. A store that waits
// for the thread then waits for ever.
enum class Supervisor : std::uint32_t {
    none,
    valgrind,  // lets one thread run at a time, and the one that stores is it until it has stored; it
               // complains of each call that it does not know
    recorder,  // rr: the same; it ends a recording at a control request that it does not know
    tracer,    // a debugger may stop it, and let a single other thread go on
};

// Of the calling thread. 15 us.
Supervisor supervisor();

}  // namespace hvfb
