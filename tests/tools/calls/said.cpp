#include "said.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

void begin(const char* name, long result) {
    const int error = errno;
    if (result >= 0)
        std::printf("%s: %ld", name, result);
    else
        std::printf("%s: %s", name, strerrorname_np(error));
}

void line(const char* name, long result) {
    begin(name, result);
    std::puts("");
}
