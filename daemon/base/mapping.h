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

    Mapping() = default;
    // Maps `size` bytes from `offset` of the open file, shared, with its pages present. Throws
    // std::system_error.
    Mapping(const Descriptor& file, std::size_t size, Access access, std::size_t offset = 0);
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&& other) noexcept;
    ~Mapping() { unmap(); }

    std::span<std::byte> bytes() const { return bytes_; }

  private:
    void unmap() noexcept;

    std::span<std::byte> bytes_;
};

}  // namespace hvfbd
