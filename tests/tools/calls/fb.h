#pragma once

#include <linux/fb.h>

#include <cstdint>

constexpr long page = 4096;
extern int fb;
// Volatile: compilers know what the C library's functions do not take.
extern char* volatile no_memory;

fb_var_screeninfo get_var();
void say_var(const fb_var_screeninfo& var);
// How each call about a mode is said: the answer, and what is there afterwards.
void ask_var(const char* name, unsigned long request, const fb_var_screeninfo& wanted);

struct Change {
    const char* name;
    void (*make)(fb_var_screeninfo&);
};

// The calls, in groups.
void modes(const fb_var_screeninfo& base);
void fields(const char* name, std::uint32_t bits, bool red_last);
void colours();
void transfers(long end);
void maps(const char* device, long end);
