#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "run/caller_memory.h"

namespace run {

// Of "/dev/stdout", "/dev/fd/7" and "/proc/self/fd/7" the number; -1: the path is none of one's own
// descriptors.
int descriptor_named(std::string_view path);

// Of a thread. 0: it has ended.
pid_t process_of(pid_t thread);
// How many filters of system calls it has. "self": this process.
unsigned filters_of(const std::string& thread);

// The process that a notification is about. It may end at any time; what is read of it then is nothing.
class Caller {
  public:
    Caller(pid_t pid, bool narrow) : pid_(pid), narrow_(narrow) {}

    // Of its memory. False where there is none, or the kernel does not let this process look.
    bool read(std::uint64_t from, void* to, std::size_t size) const;
    bool write(std::uint64_t to, const void* from, std::size_t size) const;
    // A path, at most so long as those that are ours; empty: none of these.
    std::string path(std::uint64_t from) const;
    // Whether it is a descriptor of its at all.
    bool has(int descriptor) const;
    // Whether it is one for reading alone.
    bool has_for_reading(int descriptor) const;
    // Whether its descriptor is this file.
    bool has(int descriptor, dev_t device, ino_t inode) const;
    // What the kernel says of it; false: it has none.
    bool status(int descriptor, struct stat& status) const;
    bool has_input_device(int descriptor) const;
    bool has_virtual_terminal(int descriptor) const;
    // The path of the pseudo-terminal that controls it; empty: none does.
    std::string terminal() const;
    // Whose files it may open.
    uid_t user() const;
    std::string name() const;

    pid_t pid() const { return pid_; }
    bool narrow() const { return narrow_; }
    fbdev::CallerMemory memory();

  private:
    pid_t pid_;
    bool narrow_;  // a program of 32 bits
};

}  // namespace run
