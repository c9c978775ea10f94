// What row 13 of the bench runs, with hvfb-run and without it:
//   hvfbd-bench-program framebuffer|client WORKLOAD FRAMES   draws; says its processor time in nanoseconds
//   hvfbd-bench-program ioctl|stat COUNT                     says how long a call takes, in nanoseconds
//   hvfbd-bench-program pipe COUNT                           the same of a byte to another process and back
//   hvfbd-bench-program rest                                 draws once, says "ready", and stays
#include <fcntl.h>
#include <hvfb/hvfb.h>
#include <linux/fb.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/numbers.h"
#include "workload.h"

namespace hvfbd::bench {
namespace {

constexpr const char* device = "/dev/fb0";

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::int64_t now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

int open_framebuffer() {
    const int framebuffer = ::open(device, O_RDWR | O_CLOEXEC);
    if (framebuffer < 0) fail(device);
    return framebuffer;
}

// Mapped until the process ends.
Canvas framebuffer() {
    const int opened = open_framebuffer();
    fb_var_screeninfo var{};
    fb_fix_screeninfo fix{};
    if (::ioctl(opened, FBIOGET_VSCREENINFO, &var) != 0 || ::ioctl(opened, FBIOGET_FSCREENINFO, &fix) != 0)
        fail("the framebuffer's mode");
    void* const pixels = ::mmap(nullptr, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    if (pixels == MAP_FAILED) fail("mmap of the framebuffer");
    return {static_cast<std::uint32_t*>(pixels), static_cast<int>(var.xres), static_cast<int>(var.yres),
            static_cast<int>(fix.line_length / 4)};
}

Canvas client() {
    char message[256] = "";
    hvfb_open_options options{};
    options.size = sizeof options;
    options.name = "bench";
    options.message = message;
    options.message_size = sizeof message;
    hvfb_surface* surface = nullptr;
    if (::hvfb_surface_open(&surface, &options) < 0) throw std::runtime_error(message);
    hvfb_layout layout{};
    ::hvfb_surface_layout(surface, &layout);
    return {static_cast<std::uint32_t*>(::hvfb_surface_pixels(surface)), static_cast<int>(layout.width),
            static_cast<int>(layout.height), static_cast<int>(layout.stride / 4)};
}

std::unique_ptr<Workload> workload_of(const std::string& name) {
    if (name == "typing") return typing();
    if (name == "window") return window();
    if (name == "video-60") return video();
    throw std::runtime_error("no workload " + name);
}

void draw(const Canvas& canvas, Workload& workload, unsigned frames) {
    const auto between = static_cast<std::int64_t>(1e9 / workload.frames_a_second());
    workload.prepare(canvas);
    // What opening and the first picture cost is start-up.
    ::usleep(500'000);
    const std::int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
    std::int64_t next = now(CLOCK_MONOTONIC);
    for (unsigned frame = 0; frame < frames; ++frame) {
        workload.draw(canvas, frame);
        next += between;
        const timespec until{.tv_sec = next / 1'000'000'000, .tv_nsec = next % 1'000'000'000};
        while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
        }
    }
    std::cout << now(CLOCK_PROCESS_CPUTIME_ID) - before << std::endl;
}

template <typename Call>
void time_of(unsigned count, Call call) {
    for (unsigned i = 0; i < count / 10; ++i) call();
    const std::int64_t before = now(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < count; ++i) call();
    std::cout << (now(CLOCK_MONOTONIC) - before) / count << std::endl;
}

// What any answer of another process costs on this machine.
void time_of_pipes(unsigned count) {
    int there[2], back[2];
    if (::pipe(there) != 0 || ::pipe(back) != 0) fail("pipe");
    const auto pass = [](int from, int to) {
        char byte = 0;
        return ::read(from, &byte, 1) == 1 && ::write(to, &byte, 1) == 1;
    };
    const pid_t other = ::fork();
    if (other < 0) fail("fork");
    if (other == 0) {
        ::close(there[1]);
        while (pass(there[0], back[1])) {
        }
        ::_exit(0);
    }
    ::close(there[0]);
    time_of(count, [&] {
        char byte = 0;
        if (::write(there[1], &byte, 1) != 1 || ::read(back[0], &byte, 1) != 1) fail("pipe");
    });
}

int run(int count, char** words) {
    const std::string what = count > 1 ? words[1] : "";
    const auto number = count > 2 ? whole_number<unsigned>(words[count - 1]).value_or(0) : 0;
    if ((what == "framebuffer" || what == "client") && count == 4 && number > 0) {
        draw(what == "client" ? client() : framebuffer(), *workload_of(words[2]), number);
    } else if (what == "ioctl" && number > 0) {
        const int opened = open_framebuffer();
        fb_var_screeninfo var{};
        time_of(number, [&] {
            if (::ioctl(opened, FBIOGET_VSCREENINFO, &var) != 0) fail("FBIOGET_VSCREENINFO");
        });
    } else if (what == "stat" && number > 0) {
        struct stat status {};
        time_of(number, [&] {
            if (::stat("/", &status) != 0) fail("stat");
        });
    } else if (what == "pipe" && number > 0) {
        time_of_pipes(number);
    } else if (what == "rest") {
        const Canvas canvas = framebuffer();
        canvas.fill({0, 0, canvas.width, canvas.height}, 0xff336699);
        std::cout << "ready" << std::endl;
        ::pause();
    } else {
        std::cerr << "what is to be done is in the first lines of bench_program.cpp\n";
        return 2;
    }
    return 0;
}

}  // namespace
}  // namespace hvfbd::bench

int main(int count, char** words) {
    try {
        return hvfbd::bench::run(count, words);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "hvfbd-bench-program: %s\n", exception.what());
        return 1;
    }
}
