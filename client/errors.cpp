// What the errors of hvfb.h mean.
#include <hvfb/hvfb.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern "C" {

const char* hvfb_version(void) {
    return HVFB_VERSION;
}

const char* hvfb_strerror(int error) {
    struct Meaning {
        int error;
        const char* text;
    };
    static constexpr std::array<Meaning, 17> meanings = {{
        {0, "no error"},
        {EACCES, "permission denied: programs that draw need group video, viewers need group hvfbd-view"},
        {EAGAIN, "not possible now: try again later"},
        {EBUSY, "this user has too many surfaces or viewers, or a surface of this name has a client"},
        {ECANCELED, "the surface was closed from outside, as by hvfbctl close"},
        {ECHILD, "opened before fork(): a child process opens its own"},
        {ECONNRESET, "hvfbd ended, or closed the connection"},
        {EHOSTUNREACH, "hvfbd does not run: hvfbctl doctor says why, and what starts it"},
        {EINVAL, "invalid argument; a struct with options has its size in its first member"},
        {EISCONN, "the surface is connected"},
        {EMFILE, "too many open files in this process"},
        {ENOENT, "no such display: hvfbctl displays lists them"},
        {ENOTCONN, "the connection to hvfbd is closed"},
        {EOPNOTSUPP, "hvfbd does not support this"},
        {EPROTO, "hvfbd did not answer as this version of libhvfb expects"},
        {ETIME, "it did not happen within the time"},
        {ETIMEDOUT, "hvfbd is on the bus and does not answer: systemctl restart hvfbd"},
    }};
    // The lowest int has no positive counterpart.
    const int number = error == INT32_MIN ? error : std::abs(error);
    for (const Meaning& meaning : meanings)
        if (meaning.error == number) return meaning.text;
    const char* const text = strerrordesc_np(number);
    return text ? text : "unknown error";
}

}  // extern "C"
