#include "reference.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "match.h"
#include "processor_time.h"

namespace hvfbd::bench {

using hvfb::Memory;

namespace {

constexpr std::size_t page_size = 4096;

Memory memory_of(const Canvas& canvas) {
    return {reinterpret_cast<std::byte*>(canvas.pixels),
            (canvas.bytes() + page_size - 1) / page_size * page_size};
}

void demand(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

}  // namespace

Reference::Reference(int width, int height) : copier_(width, height, Copier::Waits::after_kick) {
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
    int result = pagemap_->take_written(memory_of(from), [&](Memory run) {
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

double Reference::fault_us() {
    const Canvas& canvas = copier_.canvas();
    const Memory memory = memory_of(canvas);
    auto store_in_each_page = [&] {
        const Nanoseconds before = processor_time_of_this_thread();
        for (std::size_t at = 0; at < memory.size; at += page_size)
            *reinterpret_cast<volatile std::byte*>(memory.address + at) = std::byte{0};
        return static_cast<double>(processor_time_of_this_thread() - before) / 1e3;
    };
    const std::size_t pages = memory.size / page_size;
    std::vector<double> each;
    for (int i = 0; i < 5; ++i) {
        demand(userfault_->protect(memory), "protect");
        const double with = store_in_each_page(), without = store_in_each_page();
        each.push_back((with - without) / static_cast<double>(pages));
    }
    return quantile(each, 0.5);
}

}  // namespace hvfbd::bench
