#pragma once

#include <atomic>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace hvfbd {

// What was stored into the screen memory before is there before whatever follows: streaming stores, and
// stores to write-combining memory, as well.
inline void store_fence() noexcept {
#ifdef __SSE2__
    _mm_sfence();
#elif defined(__aarch64__)
    // The fence below is about processors alone, and not about who reads memory that is not cached.
    asm volatile("dsb st" ::: "memory");
#endif
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace hvfbd
