#pragma once

#include <sys/types.h>

#include <cstddef>

#include "common/descriptor.h"
#include "run/notify/own_file_system.h"

namespace run {

// Memory that programs map, read and write by descriptors of it. There is one in a process.
//
// Where the kernel lets it is in a file system of its own, which has room for nothing else: writing behind
// the end is ENOSPC, as with a framebuffer of the kernel's. Nothing can seal it: what a program made shorter
// or longer is as long again at the next look(). Elsewhere it is sealed, and writing behind the end is EPERM.
class SharedMemory {
  public:
    SharedMemory() = default;
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    // `size`: what is read to its end; whole pages are mapped. `largest`: to which it may be made longer.
    // 0 or an errno.
    int open(std::size_t size, std::size_t largest);
    // Whether it can be made longer at all.
    bool grows() const { return grows_; }
    std::size_t size() const { return size_; }
    // 0 or an errno. Nothing of it moves.
    int grow(std::size_t size);
    explicit operator bool() const { return pixels_ != nullptr; }
    std::byte* pixels() const { return pixels_; }
    // The memory once more, for this access mode: its position is its own. None, and errno, where that fails.
    hvfbd::Descriptor descriptor(int flags) const;
    int file() const { return file_.get(); }
    dev_t device_number() const { return device_number_; }
    ino_t inode() const { return inode_; }

    // Before its contents are looked at.
    void look();

  private:
    hvfbd::Descriptor file_;
    dev_t device_number_ = 0;
    ino_t inode_ = 0;
    OwnFileSystem file_system_;
    bool grows_ = false;
    std::byte* pixels_ = nullptr;
    std::size_t size_ = 0, mapped_ = 0;
};

}  // namespace run
