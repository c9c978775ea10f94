// The memory under a surface's pixels is changed while threads store: every thread finds what it stored last.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "mapping.h"
#include "rounds.h"

namespace hvfb {
namespace {

constexpr Layout layout = {640, 480, 640 * 4, 0x34325258, std::uint64_t{640} * 480 * 4};

Descriptor buffer() {
    Descriptor memfd(memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(memfd.get(), static_cast<off_t>(layout.size)), 0);
    EXPECT_EQ(fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return memfd;
}

TEST(ChangeOfMemory, loses_no_store_of_threads_that_go_on_storing) {
    Mapping mapping;
    ASSERT_EQ(Mapping::map(buffer(), layout, mapping), 0);
    auto* pixels = reinterpret_cast<std::uint32_t*>(mapping.address());
    constexpr std::size_t count = 640 * 480, threads = 3;
    std::atomic<bool> end{false};
    std::vector<std::vector<std::uint32_t>> last(threads, std::vector<std::uint32_t>(count));
    std::vector<std::thread> writers;
    for (std::size_t t = 0; t < threads; ++t)
        writers.emplace_back([&, t] {
            // Each its own pixels, side by side with the others'; never the same value twice.
            std::uint32_t value = 0;
            for (std::size_t i = t; !end.load(); i = (i + 7 * threads) % count) {
                last[t][i] = ++value;
                __atomic_store_n(&pixels[i], value, __ATOMIC_RELAXED);
            }
        });
    for (unsigned i = 0; i < hvfbd::testing::rounds(100); ++i) {
        int number = -1;
        Descriptor next = buffer();
        number = next.get();
        Mapping fresh;
        ASSERT_EQ(Mapping::map(std::move(next), layout, fresh), 0);
        ASSERT_EQ(mapping.change_memory(fresh), 0);
        ASSERT_EQ(reinterpret_cast<std::uint32_t*>(mapping.address()), pixels);
        ASSERT_GE(number, 0);
    }
    end.store(true);
    for (std::thread& writer : writers) writer.join();
    std::size_t lost = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t wanted = 0;
        for (std::size_t t = 0; t < threads; ++t) wanted = std::max(wanted, last[t][i]);
        lost += pixels[i] != wanted;
    }
    EXPECT_EQ(lost, 0u);
}

TEST(ChangeOfMemory, takes_the_content_along_though_the_program_has_closed_the_new_buffer) {
    Mapping mapping;
    ASSERT_EQ(Mapping::map(buffer(), layout, mapping), 0);
    for (std::byte value : {std::byte{1}, std::byte{2}, std::byte{3}}) {
        Descriptor next = buffer();
        const int number = next.get();
        Mapping fresh;
        ASSERT_EQ(Mapping::map(std::move(next), layout, fresh), 0);
        mapping.address()[5] = value;
        close(number);
        EXPECT_EQ(mapping.change_memory(fresh), 0);
        EXPECT_EQ(mapping.address()[5], value);
    }
}

TEST(ChangeOfMemory, to_another_layout_is_refused_and_changes_nothing) {
    Mapping mapping, fresh;
    ASSERT_EQ(Mapping::map(buffer(), layout, mapping), 0);
    Layout narrower = layout;
    narrower.width = 320;
    ASSERT_EQ(Mapping::map(buffer(), narrower, fresh), 0);
    std::byte* before = mapping.address();
    before[5] = std::byte{7};
    EXPECT_LT(mapping.change_memory(fresh), 0);
    EXPECT_EQ(mapping.address(), before);
    EXPECT_EQ(before[5], std::byte{7});
}

}  // namespace
}  // namespace hvfb
