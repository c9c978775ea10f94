#include "input/device.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>

#include "input/protocol/messages.h"

namespace input {

namespace {

// The last one that keyboards of the PC have.
constexpr std::uint16_t last_key = KEY_MICMUTE;
// logind switches off, or sleeps, by some, and the kernel does with SysRq what it is configured for.
constexpr std::array<std::uint16_t, 5> keys_left_out = {KEY_SYSRQ, KEY_POWER, KEY_SLEEP, KEY_WAKEUP,
                                                        KEY_SUSPEND};

Axis from_edge_to_edge(std::uint16_t code) {
    return {code, static_cast<std::int32_t>(largest_coordinate)};
}

Description keyboard() {
    Description made{"hvfbd keyboard", 1, {}, {}, {}, {}};
    for (std::uint16_t code = 1; code <= last_key; ++code)
        if (keyboard_has(code)) made.keys.push_back(code);
    return made;
}

}  // namespace

bool keyboard_has(std::uint32_t code) {
    return code > 0 && code <= last_key && std::ranges::find(keys_left_out, code) == keys_left_out.end();
}

Description description_of(Kind kind) {
    switch (kind) {
        case Kind::keyboard:
            return keyboard();
        case Kind::pointer:
            return {"hvfbd pointer",
                    2,
                    {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, BTN_EXTRA},
                    {REL_WHEEL, REL_HWHEEL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES},
                    {},
                    {from_edge_to_edge(ABS_X), from_edge_to_edge(ABS_Y)}};
        case Kind::touch:
            break;
    }
    constexpr std::int32_t largest_id = 65535;
    return {"hvfbd touch screen",
            3,
            {BTN_TOUCH},
            {},
            {INPUT_PROP_DIRECT},
            {from_edge_to_edge(ABS_X),
             from_edge_to_edge(ABS_Y),
             {ABS_MT_SLOT, static_cast<std::int32_t>(largest_contact)},
             {ABS_MT_TRACKING_ID, largest_id},
             from_edge_to_edge(ABS_MT_POSITION_X),
             from_edge_to_edge(ABS_MT_POSITION_Y)}};
}

}  // namespace input
