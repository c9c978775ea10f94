#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/descriptor.h"
#include "run/fake_terminal.h"
#include "run/notify/caller.h"

namespace run {

struct TerminalSettings {
    fbdev::Terminals which = fbdev::Terminals::kernels;
    std::string own;  // the path of the one that the program was started on; empty: none
};

// The virtual terminal of all programs under one supervisor: the kernel's, or a fake one. One thread.
class VirtualTerminal {
  public:
    explicit VirtualTerminal(const TerminalSettings& settings);

    // Whether the kernel is to answer, who opens this path or asks this of a descriptor.
    bool is_kernels(const std::string& path, int flags) const;
    bool is_kernels(const Caller& caller, int descriptor) const;

    // With --vt=fake the program's own terminal, and one at which nobody types, have the name and the number
    // of a virtual one: programs look at them before they draw. Nothing: what the kernel says is right.
    // By path where it is one of a terminal's, else by descriptor.
    std::optional<struct stat> status(const Caller& caller, const std::string& path, int descriptor);
    // What a link to the descriptor says; empty: what the kernel says.
    std::string name(const Caller& caller, int descriptor) const;

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
    bool is_own(const struct stat& status) const;

    fbdev::Terminals which_;
    std::optional<struct stat> own_;
    fbdev::FakeTerminal fake_;
    // The second one keeps the first from being hung up.
    hvfbd::Descriptor master_, peer_;
};

}  // namespace run
