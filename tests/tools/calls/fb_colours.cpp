// Colour maps, whole and in parts, and from addresses that are none.
#include <sys/ioctl.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "fb.h"
#include "said.h"

void colours() {
    std::vector<std::uint16_t> red(600, 0xaaaa), green(600, 0xaaaa), blue(600, 0xaaaa), clear(600, 0xaaaa);
    const auto map = [&](std::uint32_t start, std::uint32_t length) {
        return fb_cmap{.start = start,
                       .len = length,
                       .red = red.data(),
                       .green = green.data(),
                       .blue = blue.data(),
                       .transp = nullptr};
    };
    const auto get = [&](const char* name, fb_cmap wanted) {
        for (auto* const part : {&red, &green, &blue, &clear}) part->assign(600, 0xaaaa);
        begin(name, ioctl(fb, FBIOGETCMAP, &wanted));
        std::uint32_t sum = 0;
        unsigned untouched = 0;
        for (unsigned i = 0; i < 600; ++i) {
            sum = sum * 31 + red[i] + 7U * green[i] + 13U * blue[i] + 17U * clear[i];
            untouched += red[i] == 0xaaaa;
        }
        std::printf(" %08x, %u not touched, first %04x,%04x,%04x\n", sum, untouched, red[0], green[0],
                    blue[0]);
    };
    const auto put = [&](const char* name, fb_cmap wanted) {
        for (unsigned i = 0; i < 600; ++i) {
            red[i] = static_cast<std::uint16_t>(i * 3 + 1);
            green[i] = static_cast<std::uint16_t>(i * 5 + 2);
            blue[i] = static_cast<std::uint16_t>(i * 7 + 3);
        }
        line(name, ioctl(fb, FBIOPUTCMAP, &wanted));
        get("colours then", map(0, 256));
    };
    get("colours of the console", map(0, 16));
    get("colours none", map(0, 0));
    get("colours all", map(0, 256));
    get("colours more than all", map(0, 600));
    get("colours from the last", map(255, 2));
    get("colours behind the last", map(256, 1));
    get("colours from the largest", map(~0U, 1));
    get("colours largest", map(250, ~0U));
    fb_cmap clear_too = map(0, 16);
    clear_too.transp = clear.data();
    get("colours with transparency", clear_too);
    fb_cmap nowhere = map(0, 16);
    nowhere.green = nullptr;
    get("colours with nowhere for green", nowhere);
    put("put colours 16", map(0, 16));
    put("put colours 256", map(0, 256));
    put("put colours none", map(0, 0));
    put("put colours from 250", map(250, 10));
    put("put colours from 256", map(256, 1));
    put("put colours from the largest", map(~0U, 1));
    put("put colours from the largest positive", map(0x7fffffff, 2));
    put("put colours 600", map(0, 600));
    put("put colours largest", map(0, ~0U));
    put("put colours 2^31", map(0, 0x80000000));
    put("put colours 2^30", map(0, 0x40000000));
    put("put colours 2^30 - 1", map(0, 0x3fffffff));
    put("put colours 2^21 + 1", map(0, (1U << 21) + 1));
    put("put colours behind the memory", map(0, 1U << 20));
    clear_too.transp = clear.data();
    put("put colours with transparency", clear_too);
    put("put colours with nowhere for green", nowhere);
    clear_too.transp = reinterpret_cast<std::uint16_t*>(8);
    put("put colours with nowhere for transparency", clear_too);
}
