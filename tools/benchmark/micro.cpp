// What single steps of the daemon cost: Google Benchmark. Each comparison stands beside a memcpy of the same
// bytes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/region.h"
#include "clients/damage_hints.h"
#include "clients/messages.h"
#include "damage/compare.h"
#include "damage/reduce.h"
#include "display/display.h"
#include "output/hyperv/ring.h"
#include "output/hyperv/synthvid.h"
#include "output/memory_output.h"

// The variable of Google Benchmark's loops is there to be named.
// NOLINTBEGIN(clang-analyzer-deadcode.DeadStores)
namespace hvfbd {
namespace {

struct Pixels {
    Pixels(std::int64_t pixels_wide, std::int64_t pixels_high, unsigned seed)
        : width(static_cast<std::uint32_t>(pixels_wide)),
          height(static_cast<std::uint32_t>(pixels_high)),
          bytes(std::size_t{width} * height * 4) {
        std::mt19937 random(seed);
        for (std::size_t i = 0; i < bytes.size(); i += 4) {
            auto pixel = static_cast<std::uint32_t>(random());
            std::memcpy(&bytes[i], &pixel, 4);
        }
    }
    PictureView view() const { return {bytes.data(), width, height, width * 4}; }
    MutablePictureView writable() { return {bytes.data(), width, height, width * 4}; }
    Rectangle whole() const {
        return {0, 0, static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
    }

    std::uint32_t width, height;
    std::vector<std::byte> bytes;
};

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Args({1920, 1080})->Args({3840, 2160})->Args({7680, 4320})->Unit(benchmark::kMicrosecond);
}

void copies(benchmark::State& state) {
    // Two sources in turn, as below: what fits into the caches must be the same.
    Pixels first(state.range(0), state.range(1), 1), second = first, front = first;
    bool turn = false;
    for (auto _ : state) {
        turn = !turn;
        std::memcpy(front.bytes.data(), (turn ? second : first).bytes.data(), front.bytes.size());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(front.bytes.size()));
}
BENCHMARK(copies)->Apply(sizes);

void compares_what_is_equal(benchmark::State& state) {
    Pixels source(state.range(0), state.range(1), 1), front = source;
    Rectangle where = source.whole();
    Found found;
    for (auto _ : state) compare_and_copy(source.view(), front.writable(), {}, {&where, 1}, found);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(source.bytes.size()));
}
BENCHMARK(compares_what_is_equal)->Apply(sizes);

// Two sources in turn: everything differs every time.
void compares_and_copies_what_differs(benchmark::State& state) {
    Pixels first(state.range(0), state.range(1), 1), second(state.range(0), state.range(1), 2), front = first;
    Rectangle where = first.whole();
    Found found;
    bool turn = false;
    for (auto _ : state) {
        turn = !turn;
        compare_and_copy((turn ? second : first).view(), front.writable(), {}, {&where, 1}, found);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(first.bytes.size()));
}
BENCHMARK(compares_and_copies_what_differs)->Apply(sizes);

// Every other tile of 64 pixels: as many spans as there can be without single pixels.
void compares_and_copies_every_other_tile(benchmark::State& state) {
    Pixels first(state.range(0), state.range(1), 1), second = first, front = first;
    for (std::size_t i = 0; i < second.bytes.size(); i += 512) second.bytes[i] ^= std::byte{1};
    Rectangle where = first.whole();
    Found found;
    bool turn = false;
    for (auto _ : state) {
        turn = !turn;
        compare_and_copy((turn ? second : first).view(), front.writable(), {}, {&where, 1}, found);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(first.bytes.size()));
}
BENCHMARK(compares_and_copies_every_other_tile)->Apply(sizes);

void sampled_compares(benchmark::State& state) {
    Pixels source(1920, 1080, 1), front(1920, 1080, 1);
    Rectangle where = source.whole();
    unsigned turn = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(differs_somewhere(source.view(), front.view(), {&where, 1}, turn++));
}
BENCHMARK(sampled_compares)->Unit(benchmark::kMicrosecond);

std::vector<Rectangle> scattered(std::int64_t count) {
    std::mt19937 random(3);
    std::vector<Rectangle> all;
    for (std::int64_t i = 0; i < count; ++i) {
        auto x = static_cast<std::int32_t>(random() % 1920), y = static_cast<std::int32_t>(random() % 1080);
        all.push_back({x, y, x + 1, y + 1});
    }
    return all;
}

void builds_a_region(benchmark::State& state) {
    std::vector<Rectangle> spans = scattered(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(Region(spans).empty());
}
BENCHMARK(builds_a_region)->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000)->Unit(benchmark::kMicrosecond);

void tells_scattered_pixels(benchmark::State& state) {
    std::vector<Rectangle> spans = scattered(state.range(0)), room, rectangles;
    std::ranges::sort(spans, {}, [](const Rectangle& span) { return std::pair(span.top, span.left); });
    for (auto _ : state)
        reduce(Region(condense(spans, room)), static_cast<std::size_t>(state.range(1)), rectangles);
}
BENCHMARK(tells_scattered_pixels)
    ->ArgsProduct({{100, 1000, 10000, 100000}, {1, 16, 255}})
    ->Unit(benchmark::kMicrosecond);

void tells_a_checkerboard_of_pixels(benchmark::State& state) {
    std::vector<Rectangle> pixels;
    for (std::int32_t y = 0; y < 1080; ++y)
        for (std::int32_t x = y % 2; x < 1920; x += 2) pixels.push_back({x, y, x + 1, y + 1});
    std::vector<Rectangle> room, rectangles;
    for (auto _ : state) reduce(Region(condense(pixels, room)), 16, rectangles);
}
BENCHMARK(tells_a_checkerboard_of_pixels)->Unit(benchmark::kMicrosecond);

void hints_from_pages(benchmark::State& state) {
    Layout layout = layout_for({1920, 1080});
    for (auto _ : state) {
        DamageHints hints(layout);
        for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(state.range(0)); ++i)
            hints.add_pages(i * 31, 7);
        benchmark::DoNotOptimize(hints.rectangles().size());
    }
}
BENCHMARK(hints_from_pages)->Arg(1)->Arg(64);

void writes_a_packet_into_the_ring(benchmark::State& state) {
    constexpr std::size_t page = 4096;
    std::vector<std::uint64_t> memory((page + 2097152 - 4096) / 8);
    std::span<std::byte> ring = std::as_writable_bytes(std::span(memory));
    hyperv::RingMemory guest(ring, page);
    hyperv::OutgoingRing out(guest);
    std::vector<std::byte> dirt;
    Rectangle rectangle{1, 2, 3, 4};
    hyperv::synthvid::encode_dirt({&rectangle, 1}, dirt);
    for (auto _ : state) {
        benchmark::DoNotOptimize(out.send(dirt));
        guest.set_read_index(guest.write_index());  // the host has taken it
    }
}
BENCHMARK(writes_a_packet_into_the_ring);

void decodes_a_report(benchmark::State& state) {
    std::vector<std::byte> packet(sizeof(hvfb_written) + HVFB_WRITTEN_MAX * sizeof(hvfb_page_range));
    hvfb_written head{{HVFB_WRITTEN, static_cast<std::uint32_t>(packet.size())}, 1, 0, HVFB_WRITTEN_MAX};
    std::memcpy(packet.data(), &head, sizeof head);
    for (auto _ : state) benchmark::DoNotOptimize(message::decode(packet));
}
BENCHMARK(decodes_a_report);

// A dispatch in which nothing is to be done, with so many surfaces and viewers.
void dispatches_with_surfaces(benchmark::State& state) {
    EventLoop loop;
    MemoryOutput output({640, 480}, 0);
    Observer report;
    Display display(loop, output, {}, report);
    std::vector<Surfaces::Opened> surfaces;
    std::vector<Viewers::Opened> viewers;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        surfaces.push_back(display.open_surface(
            {"bench", false, false}, Client{":1.1", static_cast<uid_t>(1000 + i / 16), 1, {}}, loop.now()));
    for (std::int64_t i = 0; i < state.range(1); ++i)
        viewers.push_back(display.open_viewer(Client{":1.2", 0, 1, {}}, loop.now()));
    display.update(loop.now());
    for (auto _ : state) display.update(loop.now());
}
BENCHMARK(dispatches_with_surfaces)->Args({1, 0})->Args({64, 8})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hvfbd
// NOLINTEND(clang-analyzer-deadcode.DeadStores)

BENCHMARK_MAIN();
