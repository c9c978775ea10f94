#include "run/preload/program_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "run/preload/real_calls.h"

namespace fbdev::preload {
namespace {

// For munmap, which is called often by programs that never saw a framebuffer.
constinit std::atomic<std::uintptr_t> memory_begin{0}, memory_end{0};

}  // namespace

std::size_t whole_pages(std::size_t size) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (size + page - 1) / page * page;
}

std::byte* new_memory(std::size_t size) {
    void* const address =
        real.mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? nullptr : static_cast<std::byte*>(address);
}

bool ProgramMemory::allocate(std::size_t size) {
    begin_ = new_memory(size);
    size_ = begin_ ? size : 0;
    return begin_ != nullptr;
}

void ProgramMemory::release() {
    if (begin_) real.munmap(begin_, size_);
    begin_ = nullptr;
    size_ = 0;
}

void ProgramMemory::leave() {
    begin_ = nullptr;
    size_ = 0;
    mapped_ = 0;
    memset(mappings_, 0, sizeof mappings_);
}

void* ProgramMemory::map(std::size_t size, std::size_t offset) {
    ++mapped_;
    for (Mapping& mapping : mappings_)
        if (!mapping.address) {
            mapping = {begin_ + offset, size};
            break;
        }
    return begin_ + offset;
}

int ProgramMemory::unmap(std::byte* address, std::size_t size) {
    const std::size_t page = whole_pages(1);
    std::byte* const end = address + whole_pages(size);
    std::byte* const own_end = begin_ + whole_pages(size_);
    if (size == 0 || reinterpret_cast<std::uintptr_t>(address) % page != 0 || end <= address) return EINVAL;
    // Another thread's open() may have changed it since it was looked at.
    if (!begin_ || end <= begin_ || address >= own_end) return real.munmap(address, size) != 0 ? errno : 0;
    for (Mapping& mapping : mappings_)
        if (mapping.address == address && whole_pages(mapping.size) == whole_pages(size)) {
            mapping = {};
            --mapped_;
            break;
        }
    if (address < begin_ && real.munmap(address, static_cast<std::size_t>(begin_ - address)) != 0)
        return errno;
    if (end > own_end && real.munmap(own_end, static_cast<std::size_t>(end - own_end)) != 0) return errno;
    return 0;
}

bool ProgramMemory::holds(const void* address) const {
    const auto* const byte = static_cast<const std::byte*>(address);
    return begin_ && byte >= begin_ && byte < begin_ + size_;
}

void ProgramMemory::announce() const {
    memory_begin = reinterpret_cast<std::uintptr_t>(begin_);
    memory_end = reinterpret_cast<std::uintptr_t>(begin_) + size_;
}

void ProgramMemory::forked() {
    memory_begin = 0;
    memory_end = 0;
}

bool may_be_screen_memory(const void* address, std::size_t size) {
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    const std::uintptr_t end = memory_end.load(std::memory_order_relaxed);
    const std::uintptr_t before = memory_begin.load(std::memory_order_relaxed);
    return __builtin_expect(begin < end && (begin >= before || size > before - begin), 0);
}

}  // namespace fbdev::preload
