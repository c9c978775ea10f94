#pragma once

// How the constants of both sides of the channel are defined: constants, but in the build that `tools/bench
// --sweep` makes, where HVFBD_SWEEP_name=value in the environment gives one another value.
#ifdef HVFBD_SWEEP
#include <cstdlib>
namespace hvfb {
inline unsigned long long swept(const char* variable, unsigned long long value) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : value;
}
}  // namespace hvfb
#define HVFB_CONSTANT(type, name, value) \
    inline const type name = type(::hvfb::swept("HVFBD_SWEEP_" #name, value))
#else
#define HVFB_CONSTANT(type, name, value) inline constexpr type name = type(value)
#endif
