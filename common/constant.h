#pragma once

// How the constants of both sides of the channel are defined: constants, but in the build that `tools/bench
// --sweep` makes, where HVFBD_SWEEP_name=value in the environment gives one another value.
#ifdef HVFBD_SWEEP
#include <cstdio>
#include <cstdlib>

#include "common/numbers.h"

namespace hvfb {
// A value that is no number ends the program: a measurement of another value would be believed.
inline unsigned long long swept(const char* variable, unsigned long long value) {
    const char* text = std::getenv(variable);
    if (!text) return value;
    const auto given = hvfbd::whole_number<unsigned long long>(text);
    if (given) return *given;
    std::fprintf(stderr, "%s=%s is no whole number\n", variable, text);
    std::abort();
}
}  // namespace hvfb
#define HVFB_CONSTANT(type, name, value) \
    inline const type name = type(::hvfb::swept("HVFBD_SWEEP_" #name, value))
#else
#define HVFB_CONSTANT(type, name, value) inline constexpr type name = type(value)
#endif
