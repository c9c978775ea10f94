// Reading, writing, seeking and mapping, up to the end and beyond it.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "fb.h"
#include "said.h"

namespace {

volatile std::size_t largest_count = SIZE_MAX;
volatile int too_many_parts = 2000, negative_parts = -1;

}  // namespace

void transfers(long end) {
    std::vector<char> bytes(static_cast<std::size_t>(end) + 2 * page, 0);
    const auto at = [&](const char* name, long position, long count) {
        std::array<char, 64> whole{};
        const auto size = static_cast<std::size_t>(count);
        std::snprintf(whole.data(), whole.size(), "pread %s", name);
        line(whole.data(), pread(fb, bytes.data(), size, position));
        std::snprintf(whole.data(), whole.size(), "pwrite %s", name);
        line(whole.data(), pwrite(fb, bytes.data(), size, position));
        std::snprintf(whole.data(), whole.size(), "lseek for %s", name);
        line(whole.data(), lseek(fb, position, SEEK_SET));
        std::snprintf(whole.data(), whole.size(), "read %s", name);
        line(whole.data(), read(fb, bytes.data(), size));
        std::snprintf(whole.data(), whole.size(), "position after reading %s", name);
        line(whole.data(), lseek(fb, 0, SEEK_CUR));
        lseek(fb, position < 0 ? 0 : position, SEEK_SET);
        std::snprintf(whole.data(), whole.size(), "write %s", name);
        line(whole.data(), write(fb, bytes.data(), size));
        std::snprintf(whole.data(), whole.size(), "position after writing %s", name);
        line(whole.data(), lseek(fb, 0, SEEK_CUR));
    };
    at("nothing", 0, 0);
    at("all", 0, end);
    at("more than all", 0, end + 1);
    at("one byte", 12345, 1);
    at("last byte", end - 1, 1);
    at("two from the last", end - 1, 2);
    at("at the end", end, 1);
    at("nothing at the end", end, 0);
    at("behind the end", end + 1, 1);
    at("nothing behind the end", end + 1, 0);
    at("more than all from the middle", end / 2, end + 1);
    at("far behind", 1L << 40, 1);
    at("at the largest position", INT64_MAX, 1);
    at("at the largest position but one", INT64_MAX - 1, 1);
    at("before the start", -1, 1);
    line("lseek to the end", lseek(fb, 0, SEEK_END));
    line("lseek behind the end", lseek(fb, 100, SEEK_END));
    line("lseek before the end", lseek(fb, -1, SEEK_END));
    line("lseek from here", lseek(fb, 50, SEEK_CUR));
    line("lseek from here before the start", lseek(fb, -1000, SEEK_CUR));
    line("lseek data", lseek(fb, 0, SEEK_DATA));
    line("lseek hole", lseek(fb, 0, SEEK_HOLE));
    line("lseek unknown", lseek(fb, 0, 99));
    lseek(fb, 0, SEEK_SET);
    line("read to null", read(fb, no_memory, 100));
    line("write from null", write(fb, no_memory, 100));
    line("read nothing to null", read(fb, no_memory, 0));
    line("write more than all from null", pwrite(fb, no_memory, static_cast<std::size_t>(end) + 1, 0));
    line("write two from the last from null", pwrite(fb, no_memory, 2, end - 1));
    line("read at the end to null", pread(fb, no_memory, 2, end));
    line("position", lseek(fb, 0, SEEK_CUR));
    line("read the largest count", pread(fb, no_memory, largest_count, 0));
    char* const pages = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(pages, 0x5a, page);
    mprotect(pages + page, page, PROT_NONE);
    line("read half", read(fb, pages + page - 64, 128));
    line("position after half", lseek(fb, 0, SEEK_CUR));
    line("write half", write(fb, pages + page - 64, 128));
    line("position after half written", lseek(fb, 0, SEEK_CUR));
    munmap(pages, 2 * page);

    std::array<char, 16> first{}, second{};
    std::array<iovec, 2> parts = {{{first.data(), 16}, {second.data(), 16}}};
    line("readv", preadv(fb, parts.data(), 2, 0));
    line("readv at the end", preadv(fb, parts.data(), 2, end - 20));
    line("writev at the end", pwritev(fb, parts.data(), 2, end - 20));
    line("writev behind the end", pwritev(fb, parts.data(), 2, end + 20));
    line("readv of nothing", readv(fb, parts.data(), 0));
    line("readv of too many", readv(fb, parts.data(), too_many_parts));
    line("readv of less than nothing", readv(fb, parts.data(), negative_parts));
    line("readv of null", readv(fb, reinterpret_cast<const iovec*>(no_memory), 1));
    parts[1].iov_base = no_memory;
    line("readv with null second", preadv(fb, parts.data(), 2, 0));
    parts[1].iov_len = SIZE_MAX;
    line("readv too long", preadv(fb, parts.data(), 2, 0));

    std::array<char, 4> back{};
    line("pwrite a pixel", pwrite(fb, "abcd", 4, 4001));
    begin("pread a pixel", pread(fb, back.data(), 4, 4001));
    std::printf(" %.4s\n", back.data());
}

void maps(const char* device, long end) {
    const auto map = [](const char* name, std::size_t size, int protection, int flags, int from,
                        long offset) {
        void* const got = mmap(nullptr, size, protection, flags, from, offset);
        line(name, got == MAP_FAILED ? -1 : 0);
        return static_cast<volatile char*>(got == MAP_FAILED ? nullptr : got);
    };
    const auto unmap = [](volatile char* at, std::size_t size) {
        if (at) munmap(const_cast<char*>(at), size);
    };
    const auto whole = static_cast<std::size_t>(end);
    constexpr int both = PROT_READ | PROT_WRITE;
    unmap(map("map nothing", 0, both, MAP_SHARED, fb, 0), 0);
    unmap(map("map more than all", whole + 1, both, MAP_SHARED, fb, 0), whole + page);
    unmap(map("map a page behind", page, both, MAP_SHARED, fb, end), page);
    unmap(map("map two from the last page", 2 * page, both, MAP_SHARED, fb, end - page), 2 * page);
    unmap(map("map far behind", page, both, MAP_SHARED, fb, 1L << 40), page);
    unmap(map("map the last offset", page, both, MAP_SHARED, fb, -page), page);
    unmap(map("map unaligned", page, both, MAP_SHARED, fb, 1), page);
    unmap(map("map largest", SIZE_MAX, both, MAP_SHARED, fb, 0), page);
    unmap(map("map without kind", page, both, 0, fb, 0), page);
    unmap(map("map the last page", page, both, MAP_SHARED, fb, end - page), page);
    unmap(map("map part of a page", 100, both, MAP_SHARED, fb, page), page);
    unmap(map("map to read", page, PROT_READ, MAP_SHARED, fb, 0), page);
    unmap(map("map for nothing", page, PROT_NONE, MAP_SHARED, fb, 0), page);
    unmap(map("map validated", page, both, MAP_SHARED_VALIDATE, fb, 0), page);

    volatile char* const shared = map("map all", whole, both, MAP_SHARED, fb, 0);
    std::array<char, 4> back{};
    if (shared) {
        shared[5000] = 'm';
        begin("a store is read", pread(fb, back.data(), 1, 5000));
        std::printf(" %c\n", back[0]);
        line("pwrite before a load", pwrite(fb, "w", 1, 5001));
        std::printf("what was written is loaded: %c\n", shared[5001]);
        line("synchronise the mapping", msync(const_cast<char*>(shared), whole, MS_SYNC));
    }
    volatile char* const again = map("map all again", whole, both, MAP_SHARED, fb, 0);
    if (shared && again) {
        again[6000] = 'n';
        std::printf("a store in the other mapping: %c\n", shared[6000]);
    }
    unmap(again, whole);
    volatile char* const own = map("map privately", whole, both, MAP_PRIVATE, fb, 0);
    if (own && shared) {
        std::printf("what is mapped privately: %c\n", own[5000]);
        own[5000] = 'p';
        std::printf("a private store: %c %c\n", own[5000], shared[5000]);
    }
    unmap(own, whole);
    unmap(map("map privately behind", page, both, MAP_PRIVATE, fb, end), page);
    unmap(shared, whole);

    const int reading = open(device, O_RDONLY | O_CLOEXEC);
    line("open to read", reading < 0 ? -1 : 0);
    unmap(map("reader maps to store", page, both, MAP_SHARED, reading, 0), page);
    unmap(map("reader maps to read", page, PROT_READ, MAP_SHARED, reading, 0), page);
    unmap(map("reader maps privately to store", page, both, MAP_PRIVATE, reading, 0), page);
    line("reader writes", write(reading, "x", 1));
    line("reader writes nothing", write(reading, "x", 0));
    line("reader reads", read(reading, back.data(), 4));
    fb_var_screeninfo var = get_var();
    line("reader puts a mode", ioctl(reading, FBIOPUT_VSCREENINFO, &var));
    line("reader pans", ioctl(reading, FBIOPAN_DISPLAY, &var));
    line("reader blanks", ioctl(reading, FBIOBLANK, 77UL));
    close(reading);
    const int writing = open(device, O_WRONLY | O_CLOEXEC);
    line("open to write", writing < 0 ? -1 : 0);
    unmap(map("writer maps to store", page, PROT_WRITE, MAP_SHARED, writing, 0), page);
    unmap(map("writer maps privately", page, PROT_READ, MAP_PRIVATE, writing, 0), page);
    line("writer reads", read(writing, back.data(), 4));
    line("writer writes", write(writing, "x", 1));
    close(writing);
    const int path = open(device, O_PATH | O_CLOEXEC);
    line("open a path", path < 0 ? -1 : 0);
    line("path reads", read(path, back.data(), 4));
    line("path asks", ioctl(path, FBIOGET_VSCREENINFO, &var));
    unmap(map("path maps", page, PROT_READ, MAP_SHARED, path, 0), page);
    close(path);
    line("closed asks", ioctl(path, FBIOGET_VSCREENINFO, &var));
    line("closed reads", read(path, back.data(), 4));
}
