#include "run/lone_terminal.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// By the bare system calls: a preloaded library has functions of the same names.
namespace fbdev {

int open_lone_master() {
    const int master = static_cast<int>(
        syscall(SYS_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0));
    int locked = 0;
    if (master < 0 || syscall(SYS_ioctl, master, TIOCSPTLCK, &locked) == 0) return master;
    syscall(SYS_close, master);
    return -1;
}

int open_lone_terminal(int master, int flags) {
    const int kept = flags & (O_ACCMODE | O_NONBLOCK | O_CLOEXEC);
    return static_cast<int>(syscall(SYS_ioctl, master, TIOCGPTPEER, kept | O_NOCTTY));
}

}  // namespace fbdev
