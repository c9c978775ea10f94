#include "end_signal.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>

#include "base/error.h"

namespace hvfbctl {

namespace {

int ending = -1;

void tell(int) {
    const int error = errno;
    eventfd_write(ending, 1);
    errno = error;
}

}  // namespace

int end_signal() {
    if (ending >= 0) return ending;
    ending = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ending < 0) hvfbd::throw_errno("make an eventfd");
    struct sigaction action = {};
    action.sa_handler = tell;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
    return ending;
}

}  // namespace hvfbctl
