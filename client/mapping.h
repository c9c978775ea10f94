#pragma once

#include <cstddef>

#include "descriptor.h"
#include "layout.h"
#include "tracking/userfault.h"

namespace hvfb {

// Memory of the program's that its pixels are to take the place of. None: they are where there is room.
struct Place {
    void* (*give)(void* context, std::size_t size) = nullptr;
    void* context = nullptr;
};

// Owner of a surface's pixels: the buffer and its one writable mapping. Move-only. Functions return 0 or a
// negative errno. Memory that a Place gave is not unmapped, but private memory in the end.
class Mapping {
  public:
    Mapping() = default;
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    ~Mapping();

    // Maps the buffer and seals it, so that nothing else can write to it any more. -EPROTO: it could be cut
    // off under the mapping, or is smaller than the layout says. -EOVERFLOW: too large for this process.
    // -ENOMEM: there is no place. The buffer is taken only if it succeeds.
    static int map(Descriptor&& buffer, const Layout& layout, Mapping& mapping, const Place& place = {});
    // Maps a viewer's front, for reading.
    static int map_front(Descriptor&& buffer, const Layout& layout, Mapping& mapping,
                         const Place& place = {});

    // Moves this mapping to where the other one is and takes its place; the other one is unmapped.
    int replace(Mapping& other);
    // Changes the memory under the mapping to that of the other one, of the same layout, whatever threads
    // store meanwhile: address and content stay. A pixel that is changed while this goes on, and then changed
    // back to what it was when this began, may keep the change. 0, or a negative errno, and nothing has
    // changed.
    int change_memory(Mapping& fresh);
    // In a child after fork, or at the end of a Place: private memory with the same content, at the same
    // address.
    void become_private();
    // Copies the rows and columns that both layouts have.
    void copy_picture(const Mapping& from);

    std::byte* address() const { return address_; }
    const Layout& layout() const { return layout_; }
    std::size_t size() const { return size_; }  // in whole pages
    Memory memory() const { return {address_, size_}; }
    bool placed() const { return placed_; }

  private:
    static int map(const Descriptor& buffer, const Layout& layout, int protection, const Place& place,
                   Mapping& mapping);
    void end();
    bool become_copy();

    Descriptor buffer_;
    std::byte* address_ = nullptr;
    std::size_t size_ = 0;
    Layout layout_;
    bool placed_ = false;   // the address range is the program's
    bool front_ = false;    // the daemon draws in it
    bool private_ = false;  // it is nobody else's memory any more
};

}  // namespace hvfb
