#include "mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace hvfb {

Mapping::Mapping(Mapping&& other) noexcept
    : buffer_(std::move(other.buffer_)),
      address_(std::exchange(other.address_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      layout_(other.layout_),
      placed_(other.placed_),
      front_(other.front_),
      private_(other.private_) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    if (this == &other) return *this;
    end();
    buffer_ = std::move(other.buffer_);
    address_ = std::exchange(other.address_, nullptr);
    size_ = std::exchange(other.size_, 0);
    layout_ = other.layout_;
    placed_ = other.placed_;
    front_ = other.front_;
    private_ = other.private_;
    return *this;
}

Mapping::~Mapping() {
    end();
}

void Mapping::end() {
    if (!address_) return;
    // Somebody of the program's may still look at what is its memory, or store there.
    if (placed_)
        become_private();
    else
        munmap(address_, size_);
    address_ = nullptr;
}

int Mapping::map(const Descriptor& buffer, const Layout& layout, int protection, const Place& place,
                 Mapping& mapping) {
    if (!layout.sound()) return -EPROTO;
    struct stat status = {};
    if (fstat(buffer.get(), &status) < 0) return -errno;
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    // A process of 32 bits has no room for it: cut to size_t it would be mapped in part.
    if (layout.size > static_cast<std::uint64_t>(PTRDIFF_MAX) - page) return -EOVERFLOW;
    const auto size = static_cast<std::size_t>((layout.size + page - 1) / page * page);
    const int seals = fcntl(buffer.get(), F_GET_SEALS);
    if (seals < 0 || !(seals & F_SEAL_SHRINK) || static_cast<std::uint64_t>(status.st_size) < size)
        return -EPROTO;
    void* const given = place.give ? place.give(place.context, size) : nullptr;
    if (place.give && !given) return -ENOMEM;
    if (reinterpret_cast<std::uintptr_t>(given) % page != 0) return -EINVAL;
    void* address = mmap(given, size, protection, MAP_SHARED | (given ? MAP_FIXED : 0), buffer.get(), 0);
    if (address == MAP_FAILED) {
        const int error = errno;
        // What was there may be unmapped by now.
        if (given)
            (void)mmap(given, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
        return -error;
    }
    Mapping made;
    made.address_ = static_cast<std::byte*>(address);
    made.size_ = size;
    made.layout_ = layout;
    made.placed_ = given != nullptr;
    // A picture is of no use in a core dump. Failing that nothing is lost.
    madvise(address, size, MADV_DONTDUMP);
    mapping = std::move(made);
    return 0;
}

int Mapping::map(Descriptor&& buffer, const Layout& layout, Mapping& mapping, const Place& place) {
    Mapping made;
    if (const int result = map(buffer, layout, PROT_READ | PROT_WRITE, place, made); result < 0)
        return result;
    // A child's stores through a shared mapping would not be noticed: it gets private memory, see
    // become_private.
    if (madvise(made.address_, made.size_, MADV_DONTFORK) < 0) return -errno;
    if (fcntl(buffer.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0) return -errno;
    made.buffer_ = std::move(buffer);
    mapping = std::move(made);
    return 0;
}

int Mapping::map_front(Descriptor&& buffer, const Layout& layout, Mapping& mapping, const Place& place) {
    Mapping made;
    if (const int result = map(buffer, layout, PROT_READ, place, made); result < 0) return result;
    made.buffer_ = std::move(buffer);
    made.front_ = true;
    mapping = std::move(made);
    return 0;
}

int Mapping::replace(Mapping& other) {
    if (other.size_ != size_) return -EINVAL;
    void* address = mremap(address_, size_, size_, MREMAP_MAYMOVE | MREMAP_FIXED, other.address_);
    if (address == MAP_FAILED) return -errno;
    address_ = static_cast<std::byte*>(address);
    placed_ = other.placed_;
    other.address_ = nullptr;
    other.buffer_.reset();
    return 0;
}

int Mapping::change_memory(Mapping& fresh) {
    using Pixel = std::uint32_t;
    if (fresh.size_ != size_ || !(fresh.layout_ == layout_)) return -EINVAL;
    // What is stored into the old buffer after it was copied is found there afterwards, when nobody can store
    // there any more.
    void* old = buffer_.ours() ? mmap(nullptr, size_, PROT_READ, MAP_SHARED, buffer_.get(), 0)
                               // The program has closed it: a second mapping of the same memory.
                               : mremap(address_, 0, size_, MREMAP_MAYMOVE);
    if (old == MAP_FAILED) return -errno;
    void* copy = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int result = copy == MAP_FAILED ? -errno : 0;
    if (result == 0) {
        std::memcpy(copy, old, size_);
        std::memcpy(fresh.address_, copy, size_);
        // One step for whoever stores: a fault waits until it is done.
        if (mremap(fresh.address_, size_, size_, MREMAP_MAYMOVE | MREMAP_FIXED, address_) == MAP_FAILED)
            result = -errno;
    }
    if (result == 0) {
        fresh.address_ = nullptr;
        auto* const pixels = reinterpret_cast<Pixel*>(address_);
        const auto* const before = static_cast<const Pixel*>(copy);
        const auto* const after = static_cast<const Pixel*>(old);
        for (std::size_t i = 0; i < size_ / sizeof(Pixel); ++i) {
            if (after[i] == before[i]) continue;
            // Not where a thread has stored something newer since.
            Pixel expected = before[i];
            __atomic_compare_exchange_n(&pixels[i], &expected, after[i], false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST);
        }
        // For a child after fork, and the next change. The number stays, as that of a channel. Where there is
        // none to be had the memory is known by its mapping alone: it has changed, whatever this answers.
        if (buffer_.become(fresh.buffer_) < 0) buffer_.reset();
    }
    munmap(old, size_);
    if (copy != MAP_FAILED) munmap(copy, size_);
    return result;
}

void Mapping::become_private() {
    if (!address_ || private_) return;
    constexpr int protection = PROT_READ | PROT_WRITE;
    const bool kept = front_ ? become_copy()
                             : buffer_.ours() && mmap(address_, size_, protection, MAP_PRIVATE | MAP_FIXED,
                                                      buffer_.get(), 0) != MAP_FAILED;
    if (!kept) (void)mmap(address_, size_, protection, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    private_ = true;
    buffer_.reset();
}

// The daemon draws on in a front, and a private mapping of it has what is drawn.
bool Mapping::become_copy() {
    void* copy = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) return false;
    std::memcpy(copy, address_, size_);
    if (mremap(copy, size_, size_, MREMAP_MAYMOVE | MREMAP_FIXED, address_) != MAP_FAILED) return true;
    munmap(copy, size_);
    return false;
}

void Mapping::copy_picture(const Mapping& from) {
    constexpr std::size_t bytes_per_pixel = 4;
    const std::size_t width = std::min(layout_.width, from.layout_.width) * bytes_per_pixel;
    const std::size_t height = std::min(layout_.height, from.layout_.height);
    for (std::size_t y = 0; y < height; ++y)
        std::memcpy(address_ + y * layout_.stride, from.address_ + y * from.layout_.stride, width);
}

}  // namespace hvfb
