#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace hvfbd {

class Descriptor;

// Owns one shared memory mapping. Empty only when default-made or moved from.
class Mapping {
  public:
    enum class Access { read, read_write };
    // Its pages present at once, or as each is first touched.
    enum class Pages { at_once, when_touched };

    Mapping() = default;
    // Maps `size` bytes from `offset` of the open file, shared. Throws std::system_error.
    Mapping(const Descriptor& file, std::size_t size, Access access, std::size_t offset = 0,
            Pages pages = Pages::at_once);
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&& other) noexcept;
    ~Mapping() { unmap(); }

    std::span<std::byte> bytes() const { return bytes_; }

  private:
    void unmap() noexcept;

    std::span<std::byte> bytes_;
};

}  // namespace hvfbd
