#include "tracking/supervisor.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "descriptor.h"

namespace hvfb {

namespace {

// The instructions of valgrind.h's RUNNING_ON_VALGRIND, which do nothing on a processor and will not change
// (Valgrind manual, 3.1). Written here, since without that header a build would go without them.
bool under_valgrind() {
    constexpr std::size_t running_on_valgrind = 0x1001;
    volatile std::size_t request[6] = {running_on_valgrind};
    std::size_t answer = 0;
#if defined(__x86_64__) && !defined(__ILP32__)
    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                     : "=d"(answer)
                     : "a"(&request[0]), "0"(answer)
                     : "cc", "memory");
#elif defined(__i386__)
    __asm__ volatile("roll $3, %%edi; roll $13, %%edi; roll $29, %%edi; roll $19, %%edi; xchgl %%ebx, %%ebx"
                     : "=d"(answer)
                     : "a"(&request[0]), "0"(answer)
                     : "cc", "memory");
#elif defined(__aarch64__)
    __asm__ volatile(
        "mov x3, %1; mov x4, %2; ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61; "
        "orr x10, x10, x10; mov %0, x3"
        : "=r"(answer)
        : "r"(answer), "r"(&request[0])
        : "cc", "memory", "x3", "x4");
#elif defined(__arm__)
    __asm__ volatile(
        "mov r3, %1; mov r4, %2; mov r12, r12, ror #3; mov r12, r12, ror #13; mov r12, r12, ror #29; "
        "mov r12, r12, ror #19; orr r10, r10, r10; mov %0, r3"
        : "=r"(answer)
        : "r"(answer), "r"(&request[0])
        : "cc", "memory", "r3", "r4");
#endif
    return answer != 0;
}

bool traced() {
    Descriptor status(open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC));
    if (!status) return false;
    std::array<char, 1024> text;
    const ssize_t length = read(status.get(), text.data(), text.size() - 1);
    if (length <= 0) return false;
    text[static_cast<std::size_t>(length)] = 0;
    const char* const line = std::strstr(text.data(), "\nTracerPid:\t");
    return line && line[std::strlen("\nTracerPid:\t")] != '0';
}

// A system call that only rr knows (rr's rrcalls.h). Asked of a tracer alone: a filter could end the program
// for it.
bool recorded() {
    constexpr long check_presence = 1008;
    return syscall(check_presence, 0, 0, 0, 0, 0, 0) == 0;
}

}  // namespace

Supervisor supervisor() {
    if (under_valgrind()) return Supervisor::valgrind;
    if (!traced()) return Supervisor::none;
    return recorded() ? Supervisor::recorder : Supervisor::tracer;
}

}  // namespace hvfb
