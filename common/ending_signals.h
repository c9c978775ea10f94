#pragma once

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "common/descriptor.h"

namespace hvfbd {

// Readable once somebody asks the program to end (SIGTERM, SIGINT, SIGHUP), which does nothing else then. To
// be called before any thread is made: threads inherit the blocked signals. Throws std::system_error.
inline Descriptor ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    Descriptor made(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!made) throw std::system_error(errno, std::system_category(), "make a signalfd");
    return made;
}

}  // namespace hvfbd
