// A program of 32 bits for a guest, which a kernel of 64 bits runs: without any library, so that it is
// compiled where there is none of 32 bits. It asks for the framebuffer as i386 does, draws, and ends with 7;
// with another number where an answer is another one. The structures are not the kernel's header's, which may
// be of 64 bits alone.

// The words of a system call, by `int 0x80`.
long call(long number, long first, long second, long third, long fourth, long fifth, long sixth);
__asm__(
    "call: push %ebp; push %ebx; push %esi; push %edi\n"
    "mov 20(%esp), %eax; mov 24(%esp), %ebx; mov 28(%esp), %ecx; mov 32(%esp), %edx\n"
    "mov 36(%esp), %esi; mov 40(%esp), %edi; mov 44(%esp), %ebp\n"
    "int $0x80\n"
    "pop %edi; pop %esi; pop %ebx; pop %ebp; ret\n");

enum { exit_ = 1, open_ = 5, ioctl_ = 54, ftruncate_ = 93, pwrite64_ = 181, mmap2_ = 192, stat64_ = 195 };

static int draw(void) {
    static unsigned var[40], fix[17], status[24];
    const char* const path = "/dev/fb0";
    if (call(stat64_, (long)path, (long)status, 0, 0, 0, 0) != 0 || (status[4] & 0170000) != 0020000)
        return 11;
    const long fb = call(open_, (long)path, 2, 0, 0, 0, 0);
    if (fb < 0) return 12;
    if (call(ioctl_, fb, 0x4600, (long)var, 0, 0, 0) != 0 || var[6] != 32) return 13;
    if (call(ioctl_, fb, 0x4602, (long)fix, 0, 0, 0) != 0) return 14;
    const unsigned width = var[0], height = var[1], length = fix[5], line = fix[11];
    if (call(ftruncate_, fb, 0, 0, 0, 0, 0) != -22) return 15;
    if (call(pwrite64_, fb, (long)"x", 1, (long)length, 0, 0) != -28) return 16;
    // One page too many.
    if (call(mmap2_, 0, 4096, 3, 1, fb, (long)(length / 4096)) != -22) return 17;
    const long mapped = call(mmap2_, 0, (long)length, 3, 1, fb, 0);
    if (mapped < 0 && mapped > -4096) return 18;
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++) {
            unsigned char* const pixel = (unsigned char*)mapped + y * line + x * 4;
            pixel[0] = (unsigned char)x, pixel[1] = (unsigned char)y, pixel[2] = (unsigned char)(x ^ y);
        }
    return 7;
}

void _start(void) {
    call(exit_, draw(), 0, 0, 0, 0, 0);
}
