// mmap(2) and its end.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace fbdev::preload {
namespace {

void* no_mapping(int error) {
    errno = error;
    return MAP_FAILED;
}

// A copy of what is shown: what is stored there nobody sees.
void* map_copy(void* address, size_t size, int protection, int flags, const std::byte* from, size_t there) {
    void* const copy = real.mmap(address, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) return copy;
    memcpy(copy, from, there);
    if (mprotect(copy, size, protection) == 0) return copy;
    const int error = errno;
    real.munmap(copy, size);
    return no_mapping(error);
}

void* map_framebuffer(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    const ScreenLock screen;
    if (!screen) return no_mapping(EBUSY);
    if (const int error = screen->open()) return no_mapping(error);
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t whole = (size + page - 1) / page * page;
    const size_t room = (screen->device().fix().smem_len + page - 1) / page * page;
    // In the kernel's order, which looks at the mode of the descriptor before a driver looks at the size.
    const auto place = static_cast<size_t>(offset);
    if (size == 0 || place % page != 0) return no_mapping(EINVAL);
    if (whole < size || whole > SIZE_MAX / 2) return no_mapping(ENOMEM);
    if (place / page > (SIZE_MAX - whole) / page) return no_mapping(EOVERFLOW);
    const long opened = syscall(SYS_fcntl, fd, F_GETFL), mode = opened & O_ACCMODE;
    if (opened & O_PATH) return no_mapping(EBADF);
    const int kind = flags & MAP_TYPE;
    if (kind != MAP_SHARED && kind != MAP_SHARED_VALIDATE && kind != MAP_PRIVATE) return no_mapping(EINVAL);
    if (mode == O_WRONLY || (kind != MAP_PRIVATE && (protection & PROT_WRITE) && mode != O_RDWR))
        return no_mapping(EACCES);
    if (place > room || whole > room - place) return no_mapping(EINVAL);
    if (kind == MAP_PRIVATE)
        return map_copy(address, size, protection, flags, screen->memory().begin() + offset, whole);
    // Its place is libhvfb's, or that of an earlier mapping.
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) return no_mapping(EINVAL);
    return screen->memory().map(size, static_cast<size_t>(offset));
}

}  // namespace
}  // namespace fbdev::preload

using namespace fbdev::preload;

EXPORTED void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    // The kernel is asked each time: its mapping of a framebuffer that came unseen, by a high number or from
    // another process, ends the program at the first store.
    if ((flags & MAP_ANONYMOUS) || !is_marked(fd))
        return real.mmap(address, size, protection, flags, fd, offset);
    note_framebuffer(fd);
    void* const result = map_framebuffer(address, size, protection, flags, fd, offset);
    EXPLAIN("mmap(%zu, %#x, %#x, %d, %jd) = %p%s%s", size, static_cast<unsigned>(protection),
            static_cast<unsigned>(flags), fd, static_cast<intmax_t>(offset), result,
            result == MAP_FAILED ? " " : "", result == MAP_FAILED ? strerrorname_np(errno) : "");
    return result;
}

EXPORTED void* mmap64(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    return mmap(address, size, protection, flags, fd, offset);
}

EXPORTED int munmap(void* address, size_t size) {
    if (may_be_screen_memory(address, size)) {
        const ScreenLock screen;
        // libhvfb's own, when the surface is closed, is not the program's.
        if (screen) {
            const int error = screen->memory().unmap(static_cast<std::byte*>(address), size);
            EXPLAIN("munmap(%p, %zu) = %s", address, size, error != 0 ? strerrorname_np(error) : "0");
            if (error != 0) errno = error;
            return error != 0 ? -1 : 0;
        }
    }
    return real.munmap(address, size);
}

EXPORTED void* mremap(void* address, size_t size, size_t wanted, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void* const to = va_arg(list, void*);
    va_end(list);
    if (may_be_screen_memory(address)) {
        const ScreenLock screen;
        if (screen && screen->memory().holds(address)) return no_mapping(EINVAL);
    }
    return real.mremap(address, size, wanted, flags, to);
}
