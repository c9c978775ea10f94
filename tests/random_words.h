// Numbers at random of exactly 32 bits. Those of std::mt19937 are the same, in a type of 64 bits on most
// machines.
#pragma once

#include <cstdint>
#include <random>

namespace hvfbd::testing {

using RandomWords = std::mersenne_twister_engine<std::uint32_t, 32, 624, 397, 31, 0x9908b0df, 11, 0xffffffff,
                                                 7, 0x9d2c5680, 15, 0xefc60000, 18, 1812433253>;

}  // namespace hvfbd::testing
