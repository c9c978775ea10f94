#pragma once

#include <cstdint>
#include <string>

#include "common/descriptor.h"
#include "run/fake_terminal.h"
#include "run/notify/caller.h"

namespace run {

// The virtual terminal of all programs under one supervisor: the kernel's, or a fake one. One thread.
class VirtualTerminal {
  public:
    explicit VirtualTerminal(fbdev::Terminals which) : which_(which) {}

    // Whether the kernel is to answer, who opens this path or asks this of a descriptor.
    bool is_kernels(const std::string& path, int flags) const;
    bool is_kernels(const Caller& caller, int descriptor) const;

    // What the program draws in front of: the terminal that it has, else one at which nobody types. None, and
    // errno, where that fails.
    hvfbd::Descriptor open(const Caller& caller, int flags);
    // 0 or an errno.
    int ioctl(std::uint32_t request, std::uint64_t argument, Caller& caller) {
        return fake_.ioctl(request, argument, caller.memory());
    }

    // Readable when a program has written to the one at which nobody types; -1: there is none.
    int written() const { return master_.get(); }
    // Takes it away, so that nobody who writes waits.
    void discard() const;

  private:
    hvfbd::Descriptor open_alone(int flags);

    fbdev::Terminals which_;
    fbdev::FakeTerminal fake_;
    // The second one keeps the first from being hung up.
    hvfbd::Descriptor master_, peer_;
};

}  // namespace run
