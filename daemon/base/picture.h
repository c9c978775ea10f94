#pragma once

#include <memory>

#include "base/descriptor.h"
#include "base/layout.h"
#include "base/mapping.h"

namespace hvfbd {

// One picture in a memfd, allocated in full, sealed against shrinking and growing, and mapped here. Black
// when made.
class Picture {
  public:
    // A picture that somebody else writes: mapped for reading here. The descriptor may still be mapped for
    // writing.
    static Picture shadow(const Layout& layout);
    // A picture that only the daemon writes: sealed so that no other mapping of it can be made for writing,
    // whoever holds the descriptor (facts: a read-only descriptor alone can be re-opened for writing through
    // /proc).
    static Picture front(const Layout& layout);

    // A shadow that another process of the daemon made. Throws std::system_error if it is too small for the
    // layout, or may yet be made so.
    static Picture shadow(Descriptor memfd, const Layout& layout);

    const Layout& layout() const { return layout_; }
    std::span<std::byte> bytes() const { return mapping_.bytes(); }
    const Descriptor& memfd() const { return *memfd_; }
    // The same, to be held by who will send it later: that takes no descriptor, as a duplicate would.
    std::shared_ptr<const Descriptor> share() const { return memfd_; }
    // Somebody has mapped it for writing and closed it to all others: libhvfb does when it takes a buffer.
    bool taken() const { return taken(*memfd_); }
    static bool taken(const Descriptor& memfd);

    // Copies what fits of the other picture into the upper left corner of this one, through a mapping of its
    // own (a shadow that no client has sealed yet). Throws std::system_error.
    void start_from(const Picture& other);

  private:
    Picture(Descriptor memfd, Mapping mapping, const Layout& layout)
        : memfd_(std::make_shared<const Descriptor>(std::move(memfd))),
          mapping_(std::move(mapping)),
          layout_(layout) {}

    std::shared_ptr<const Descriptor> memfd_;
    Mapping mapping_;
    Layout layout_;
};

}  // namespace hvfbd
