#pragma once

namespace hvfbd::testing {

// How often a test repeats what races, of PLAIN times without a sanitizer: that finds in a few what it finds
// in many, and each takes it many times as long.
constexpr unsigned rounds(unsigned plain) {
#ifdef HVFBD_SLOWER
    return (plain + HVFBD_SLOWER - 1) / HVFBD_SLOWER;
#else
    return plain;
#endif
}

}  // namespace hvfbd::testing
