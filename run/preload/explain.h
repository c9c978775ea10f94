#pragma once

namespace fbdev::preload {

// hvfb-run --explain: a line on standard error for each call that is answered here, as strace prints it.
extern bool explaining;

void explain_line(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Says it, where it is to be said. Keeps errno.
#define EXPLAIN(...)                                                                                        \
    do {                                                                                                    \
        if (__builtin_expect(::fbdev::preload::explaining, 0)) ::fbdev::preload::explain_line(__VA_ARGS__); \
    } while (0)

// Says on standard error why there is no framebuffer, once, though nobody has asked: the program itself says
// "No such device" at best. Not where the number is another file than when the program began.
void complain(const char* sentence);
void note_error_output();

}  // namespace fbdev::preload
