#pragma once

#include <cstddef>

namespace fbdev::preload {

std::size_t whole_pages(std::size_t size);
// Zeroes, which cost nothing until they are written. Null: there are none.
std::byte* new_memory(std::size_t size);

// The memory that a program takes for its framebuffer's, and what it has mapped of it. A surface may be
// placed in it. Not to be freed where a surface is.
class ProgramMemory {
  public:
    // Instead of what was there, which is somebody else's then.
    bool allocate(std::size_t size);
    void release();
    // What is mapped stays as it is, and is no framebuffer's any more.
    void leave();

    explicit operator bool() const { return begin_ != nullptr; }
    std::byte* begin() const { return begin_; }
    std::size_t size() const { return size_; }

    // Counts what the program has mapped.
    void* map(std::size_t size, std::size_t offset);
    // What is mapped of it stays, since a surface may be in it; what the program has before and behind it
    // goes. 0 or an errno. Only where may_be_screen_memory().
    int unmap(std::byte* address, std::size_t size);
    bool is_mapped() const { return mapped_ > 0; }
    bool holds(const void* address) const;

    // From now on may_be_screen_memory() is about this; in a child after fork(2) about none.
    void announce() const;
    static void forked();

  private:
    struct Mapping {
        const void* address;
        std::size_t size;
    };
    static constexpr int most_mappings = 64;

    std::byte* begin_ = nullptr;
    std::size_t size_ = 0;
    unsigned mapped_ = 0;
    Mapping mappings_[most_mappings] = {};
};

// Without the lock: whether any of this may be the screen's memory.
bool may_be_screen_memory(const void* address, std::size_t size = 1);

}  // namespace fbdev::preload
