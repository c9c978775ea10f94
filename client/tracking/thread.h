#pragma once

#include <pthread.h>

namespace hvfb {

// Starts a thread of the library's in somebody else's program: it takes no signal of the program's, and its
// stack is small, for all of it counts where the program locks its memory. 0 or a negative errno.
int start_thread(pthread_t& thread, void* (*run)(void*), void* context);

// Makes the calling thread as urgent as the process may: threads of the program that wait for it may be more
// urgent than the one that opened the surface, and others than those keep the processors.
void become_urgent();

}  // namespace hvfb
