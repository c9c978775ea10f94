#pragma once

#include <sys/types.h>

#include <string>

#include "contestant.h"

namespace hvfbd::bench {

// Of all threads of a process, and of this thread.
Nanoseconds processor_time_of(pid_t process);
Nanoseconds processor_time_of_this_thread();

// Page faults of this thread that needed no reading from a disk.
std::uint64_t faults_of_this_thread();

// What the scheduler knows of all threads of a process but one (0: of all).
struct Switches {
    std::uint64_t voluntary = 0, involuntary = 0;
    Nanoseconds running = 0;
};
Switches switches_of(pid_t process, pid_t but_thread);

// Of the process' own memory, without files and what it shares: kB.
std::uint64_t anonymous_memory_of(pid_t process);

}  // namespace hvfbd::bench
