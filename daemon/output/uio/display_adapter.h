#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/layout.h"

namespace hvfbd::uio {

// The registers of a Bochs display adapter (VBE DISPI of Bochs, docs/specs/standard-vga.txt of QEMU), 16 bits
// each.
class DisplayRegisters {
  public:
    enum Index : unsigned {
        id,
        x_resolution,
        y_resolution,
        bits_per_pixel,
        enable,
        bank,
        virtual_width,
        virtual_height,
        x_offset,
        y_offset,
        video_memory_64k,
    };
    static constexpr unsigned count = 11;

    virtual ~DisplayRegisters() = default;
    virtual std::uint16_t read(Index index) const = 0;
    virtual void write(Index index, std::uint16_t value) = 0;
};

// The registers in the adapter's second memory resource, from 0x500. Borrows the mapping.
class MappedRegisters : public DisplayRegisters {
  public:
    static constexpr std::size_t beginning = 0x500, end = beginning + count * sizeof(std::uint16_t);

    // `resource`: at least `end` bytes, aligned to 2.
    explicit MappedRegisters(std::span<std::byte> resource) : registers_(resource.subspan(beginning)) {}
    std::uint16_t read(Index index) const override { return at(index); }
    void write(Index index, std::uint16_t value) override { at(index) = value; }

  private:
    // One access of 16 bits each: the device hears them.
    volatile std::uint16_t& at(Index index) const {
        return reinterpret_cast<volatile std::uint16_t*>(registers_.data())[index];
    }

    std::span<std::byte> registers_;
};

// Whether an adapter answers there. One that was unplugged gives all ones or zeros.
bool is_display_adapter(const DisplayRegisters& registers);

// How many bytes of screen memory the adapter says it has. Nothing: it does not say.
std::optional<std::uint64_t> screen_memory(const DisplayRegisters& registers);

// What is shown now. Nothing: nothing, or not in 32 bits a pixel, or more than `memory` bytes, or not from
// their beginning.
std::optional<Layout> shown(const DisplayRegisters& registers, std::uint64_t memory);

// Shows the mode, rows without padding, from the beginning of the memory. False: the adapter did not take
// it, and shows what it did before.
bool show(DisplayRegisters& registers, Mode mode);

// The usual modes that fit in `memory` bytes.
std::vector<Mode> usual_modes(std::uint64_t memory);

}  // namespace hvfbd::uio
