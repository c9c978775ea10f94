#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace run {

// What of a file stands where in a process's memory.
struct MappedPart {
    std::uint64_t begin = 0, end = 0;  // addresses
    std::uint64_t offset = 0;          // in the file
    bool operator==(const MappedPart&) const = default;
};

// The parts that are shared, of a text like /proc/PID/maps, in the order of addresses. Pure.
std::vector<MappedPart> mapped_parts(std::string_view maps, dev_t device, ino_t inode);

// Rows of a picture.
struct RowRange {
    std::uint32_t first = 0, count = 0;
    bool operator==(const RowRange&) const = default;
};
// Those that these bytes of the memory are of. Pure.
RowRange rows_at(std::uint64_t offset, std::uint64_t size, std::uint32_t line_length, std::uint32_t height);

// Checks that what a scan lists covers watched memory exactly, and says what of it was written. Pure.
class Coverage {
  public:
    // Parts that follow each other without a gap.
    explicit Coverage(std::uint64_t begin, std::uint64_t end) : at_(begin), end_(end) {}
    // The next region, of one kind of pages. False: the memory is not what it was.
    bool continues(std::uint64_t begin, std::uint64_t end) {
        if (begin != at_ || end > end_) return false;
        at_ = end;
        return true;
    }
    bool whole() const { return at_ == end_; }

  private:
    std::uint64_t at_, end_;
};

}  // namespace run
