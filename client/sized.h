#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace hvfb {

// Takes a struct of hvfb.h that begins with its size. Members that an older program does not know are zero; a
// newer program may pass members that this library does not know, if they are zero. 0 or -EINVAL, where `to`
// has what is known, if the size can be one at all.
//
// A struct grows by whole members behind its last byte: what pads it today has any value in old programs.
template <typename Struct>
int take_sized(const Struct& from, Struct& to) {
    static_assert(offsetof(Struct, size) == 0);
    constexpr std::size_t longest = 4096;
    const std::size_t size = from.size;
    to = {};
    // Each older struct has the alignment of this one, and so no member of it is cut.
    if (size < sizeof to.size || size % alignof(Struct) != 0 || size > longest) return -EINVAL;
    const auto* const bytes = reinterpret_cast<const std::byte*>(&from);
    std::memcpy(&to, bytes, std::min(size, sizeof to));
    for (std::size_t i = sizeof to; i < size; ++i)
        if (bytes[i] != std::byte{0}) return -EINVAL;
    return 0;
}

}  // namespace hvfb
