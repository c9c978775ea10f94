#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// CBOR (RFC 8949), as much of it as the saved state needs.
namespace hvfbd {

// Appends data items to bytes, in their shortest form. It makes no tree of them first: the growth of the
// vector is the only call that can find no memory.
class CborWriter {
  public:
    explicit CborWriter(std::vector<std::byte>& bytes) : bytes_(bytes) {}

    void number(std::uint64_t value) { head(0, value); }
    void octets(std::string_view octets) {
        head(2, octets.size());
        append(octets);
    }
    void text(std::string_view text) {
        head(3, text.size());
        append(text);
    }
    // The items of the array, or for each entry of the map its key and its value, follow.
    void array(std::size_t items) { head(4, items); }
    void map(std::size_t entries) { head(5, entries); }
    void flag(bool value) { bytes_.push_back(std::byte{value ? std::uint8_t{0xf5} : std::uint8_t{0xf4}}); }

  private:
    void head(unsigned type, std::uint64_t value);
    void append(std::string_view octets) {
        const auto* from = reinterpret_cast<const std::byte*>(octets.data());
        bytes_.insert(bytes_.end(), from, from + octets.size());
    }

    std::vector<std::byte>& bytes_;
};

// Arrays and maps in each other: as deep as is accepted.
inline constexpr std::size_t deepest_cbor = 16;

// Why the bytes are not one CBOR data item that a library may be given to read: it is cut off or something
// follows it, it is nested deeper than `deepest_cbor`, it promises more than there are bytes, or has what
// nothing here writes: tags, indefinite lengths, keys that are no text. Empty: it is one. Takes no memory and
// no stack that depend on the bytes.
std::string why_no_cbor(std::span<const std::byte> bytes);

}  // namespace hvfbd
