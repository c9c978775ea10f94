#include "reference.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace hvfbd::bench {

namespace {

constexpr std::size_t page_size = 4096;

hvfb::Memory memory_of(const Canvas& canvas) {
    return {reinterpret_cast<std::byte*>(canvas.pixels),
            (canvas.bytes() + page_size - 1) / page_size * page_size};
}

void demand(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

}  // namespace

Reference::Reference(int width, int height) : copier_(width, height) {
    hvfb::TrackingRefused refused;
    userfault_ = hvfb::Userfault::make(hvfb::Userfault::Kind::asynchronous, refused);
    pagemap_ = hvfb::Pagemap::open();
    if (!userfault_ || !pagemap_)
        demand(-ENOSYS, "asynchronous write-protection (Linux 6.7), for the reference");
    // The process that is forked holds descriptors of this one's memory, as the kernel would.
    copier_.start([this](Copier::Shared& shared) { present(shared); });
    demand(userfault_->watch(memory_of(copier_.canvas())), "watch");
    demand(userfault_->protect(memory_of(copier_.canvas())), "protect");
}

void Reference::present(Copier::Shared& shared) {
    const Canvas &from = copier_.canvas(), &to = copier_.scanout();
    const std::byte* start = reinterpret_cast<const std::byte*>(from.pixels);
    std::size_t first = from.bytes(), past = 0;
    int result = pagemap_->take_written(memory_of(from), [&](hvfb::Memory run) {
        auto begin = static_cast<std::size_t>(run.address - start);
        std::size_t end = std::min(from.bytes(), begin + run.size);
        std::memcpy(reinterpret_cast<std::byte*>(to.pixels) + begin, start + begin, end - begin);
        first = std::min(first, begin);
        past = std::max(past, end);
    });
    demand(result, "scan");
    if (first >= past) return;
    std::size_t row = static_cast<std::size_t>(from.stride) * 4;
    shared.pixels_told += ((past - 1) / row - first / row + 1) * static_cast<std::size_t>(from.width);
}

}  // namespace hvfbd::bench
