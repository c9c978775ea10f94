/* A system call of the 32-bit kind, getpid(): 0 if the kernel lets it through, 1 if it refuses it; a filter
 * may also kill the process. */
int main(void) {
#if defined(__x86_64__)
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result < 0 || (int)result < 0;
#else
    return 1;
#endif
}
