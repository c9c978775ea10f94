#pragma once

namespace fbdev::preload {

// Calls it where libhvfb has the stack that it needs: here, or in a thread of its own, which is waited for.
// With the screen's lock. False: there is no such thread to be had, and nothing was called.
bool call_with_large_stack(void (*function)(void* context), void* context);

template <typename Function>
bool with_large_stack(Function function) {
    return call_with_large_stack([](void* context) { (*static_cast<Function*>(context))(); }, &function);
}

}  // namespace fbdev::preload
