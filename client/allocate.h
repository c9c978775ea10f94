#pragma once

#include <cstdlib>
#include <new>
#include <utility>

namespace hvfb {

// new and delete without the C++ library: nullptr where there is no memory.
template <typename Type, typename... Arguments>
Type* allocate(Arguments&&... arguments) {
    void* memory = std::calloc(1, sizeof(Type));
    return memory ? new (memory) Type(std::forward<Arguments>(arguments)...) : nullptr;
}

template <typename Type>
void release(Type* object) {
    if (!object) return;
    object->~Type();
    std::free(object);
}

}  // namespace hvfb
