#pragma once

#include <hvfb/hvfb.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace hvfbd::testing {

// Threads that store into a surface as programs do, and as they should not: single pixels anywhere, bursts in
// one place, whole pages, tile edges, everything at once.
class Writers {
  public:
    Writers(std::uint32_t* pixels, const hvfb_layout& layout, std::uint64_t seed)
        : pixels_(pixels), layout_(layout), random_(seed) {}

    // Starts one to three threads, each with a short random program.
    void start() {
        unsigned count = 1 + static_cast<unsigned>(random_() % 3);
        for (unsigned i = 0; i < count; ++i)
            threads_.emplace_back([this, seed = random_()] { run(std::mt19937_64(seed)); });
    }
    // Waits until all have stored their last pixel.
    void join() {
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

  private:
    void store(std::uint64_t index, std::uint64_t value) {
        std::uint64_t row_pixels = layout_.stride / 4;
        std::uint64_t y = index / row_pixels % layout_.height, x = index % row_pixels;
        // Atomic and relaxed: threads of one program may well store to one pixel, and that is no fault here.
        std::atomic_ref(pixels_[y * row_pixels + x])
            .store(static_cast<std::uint32_t>(value), std::memory_order_relaxed);
    }
    static void pause(std::mt19937_64& random, unsigned most_us) {
        timespec time{0, static_cast<long>(random() % (most_us + 1)) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
    }
    void run(std::mt19937_64 random) {
        std::uint64_t all = std::uint64_t{layout_.stride} / 4 * layout_.height;
        std::uint64_t home = random() % all;
        unsigned kind = static_cast<unsigned>(random() % 6);
        unsigned bursts = 1 + static_cast<unsigned>(random() % 10);
        for (unsigned burst = 0; burst < bursts; ++burst) {
            unsigned stores = 1 + static_cast<unsigned>(random() % 200);
            for (unsigned i = 0; i < stores; ++i) {
                switch (kind) {
                    case 0:
                        store(random() % all, random());
                        break;
                    case 1:
                        store(home + random() % (40 * 1024), random());
                        break;
                    case 2:
                        store(home + random() % 64, random());
                        break;
                    case 3:
                        store(std::uint64_t{burst} * 7919 * 1024 + i * 1024, random());
                        break;
                    case 4:
                        store(home / 64 * 64 + (random() % 2 ? 63 : 64), random());
                        break;
                    default:
                        store(home + i, random());
                        break;
                }
            }
            if (kind == 5 && random() % 8 == 0)
                for (std::uint64_t i = 0; i < all; ++i) store(i, i * burst);
            if (random() % 2) pause(random, 2000);
        }
    }

    std::uint32_t* pixels_;
    hvfb_layout layout_;
    std::mt19937_64 random_;
    std::vector<std::thread> threads_;
};

}  // namespace hvfbd::testing
