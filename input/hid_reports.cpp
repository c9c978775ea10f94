#include "input/hid_reports.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <utility>

namespace input {

namespace {

struct KeyUsage {
    std::uint16_t code;
    std::uint8_t usage;
};

// As the kernel reads them: hid_keyboard in drivers/hid/hid-input.c.
constexpr KeyUsage usages[] = {
    {KEY_A, 0x04},         {KEY_B, 0x05},          {KEY_C, 0x06},
    {KEY_D, 0x07},         {KEY_E, 0x08},          {KEY_F, 0x09},
    {KEY_G, 0x0a},         {KEY_H, 0x0b},          {KEY_I, 0x0c},
    {KEY_J, 0x0d},         {KEY_K, 0x0e},          {KEY_L, 0x0f},
    {KEY_M, 0x10},         {KEY_N, 0x11},          {KEY_O, 0x12},
    {KEY_P, 0x13},         {KEY_Q, 0x14},          {KEY_R, 0x15},
    {KEY_S, 0x16},         {KEY_T, 0x17},          {KEY_U, 0x18},
    {KEY_V, 0x19},         {KEY_W, 0x1a},          {KEY_X, 0x1b},
    {KEY_Y, 0x1c},         {KEY_Z, 0x1d},          {KEY_1, 0x1e},
    {KEY_2, 0x1f},         {KEY_3, 0x20},          {KEY_4, 0x21},
    {KEY_5, 0x22},         {KEY_6, 0x23},          {KEY_7, 0x24},
    {KEY_8, 0x25},         {KEY_9, 0x26},          {KEY_0, 0x27},
    {KEY_ENTER, 0x28},     {KEY_ESC, 0x29},        {KEY_BACKSPACE, 0x2a},
    {KEY_TAB, 0x2b},       {KEY_SPACE, 0x2c},      {KEY_MINUS, 0x2d},
    {KEY_EQUAL, 0x2e},     {KEY_LEFTBRACE, 0x2f},  {KEY_RIGHTBRACE, 0x30},
    {KEY_BACKSLASH, 0x31}, {KEY_SEMICOLON, 0x33},  {KEY_APOSTROPHE, 0x34},
    {KEY_GRAVE, 0x35},     {KEY_COMMA, 0x36},      {KEY_DOT, 0x37},
    {KEY_SLASH, 0x38},     {KEY_CAPSLOCK, 0x39},   {KEY_F1, 0x3a},
    {KEY_F2, 0x3b},        {KEY_F3, 0x3c},         {KEY_F4, 0x3d},
    {KEY_F5, 0x3e},        {KEY_F6, 0x3f},         {KEY_F7, 0x40},
    {KEY_F8, 0x41},        {KEY_F9, 0x42},         {KEY_F10, 0x43},
    {KEY_F11, 0x44},       {KEY_F12, 0x45},        {KEY_SCROLLLOCK, 0x47},
    {KEY_PAUSE, 0x48},     {KEY_INSERT, 0x49},     {KEY_HOME, 0x4a},
    {KEY_PAGEUP, 0x4b},    {KEY_DELETE, 0x4c},     {KEY_END, 0x4d},
    {KEY_PAGEDOWN, 0x4e},  {KEY_RIGHT, 0x4f},      {KEY_LEFT, 0x50},
    {KEY_DOWN, 0x51},      {KEY_UP, 0x52},         {KEY_NUMLOCK, 0x53},
    {KEY_KPSLASH, 0x54},   {KEY_KPASTERISK, 0x55}, {KEY_KPMINUS, 0x56},
    {KEY_KPPLUS, 0x57},    {KEY_KPENTER, 0x58},    {KEY_KP1, 0x59},
    {KEY_KP2, 0x5a},       {KEY_KP3, 0x5b},        {KEY_KP4, 0x5c},
    {KEY_KP5, 0x5d},       {KEY_KP6, 0x5e},        {KEY_KP7, 0x5f},
    {KEY_KP8, 0x60},       {KEY_KP9, 0x61},        {KEY_KP0, 0x62},
    {KEY_KPDOT, 0x63},     {KEY_102ND, 0x64},      {KEY_COMPOSE, 0x65},
    {KEY_KPEQUAL, 0x67},   {KEY_F13, 0x68},        {KEY_F14, 0x69},
    {KEY_F15, 0x6a},       {KEY_F16, 0x6b},        {KEY_F17, 0x6c},
    {KEY_F18, 0x6d},       {KEY_F19, 0x6e},        {KEY_F20, 0x6f},
    {KEY_F21, 0x70},       {KEY_F22, 0x71},        {KEY_F23, 0x72},
    {KEY_F24, 0x73},       {KEY_OPEN, 0x74},       {KEY_HELP, 0x75},
    {KEY_PROPS, 0x76},     {KEY_FRONT, 0x77},      {KEY_STOP, 0x78},
    {KEY_AGAIN, 0x79},     {KEY_UNDO, 0x7a},       {KEY_CUT, 0x7b},
    {KEY_COPY, 0x7c},      {KEY_PASTE, 0x7d},      {KEY_FIND, 0x7e},
    {KEY_MUTE, 0x7f},      {KEY_VOLUMEUP, 0x80},   {KEY_VOLUMEDOWN, 0x81},
    {KEY_KPCOMMA, 0x85},   {KEY_RO, 0x87},         {KEY_KATAKANAHIRAGANA, 0x88},
    {KEY_YEN, 0x89},       {KEY_HENKAN, 0x8a},     {KEY_MUHENKAN, 0x8b},
    {KEY_KPJPCOMMA, 0x8c}, {KEY_HANGEUL, 0x90},    {KEY_HANJA, 0x91},
    {KEY_KATAKANA, 0x92},  {KEY_HIRAGANA, 0x93},   {KEY_ZENKAKUHANKAKU, 0x94},
    {KEY_LEFTCTRL, 0xe0},  {KEY_LEFTSHIFT, 0xe1},  {KEY_LEFTALT, 0xe2},
    {KEY_LEFTMETA, 0xe3},  {KEY_RIGHTCTRL, 0xe4},  {KEY_RIGHTSHIFT, 0xe5},
    {KEY_RIGHTALT, 0xe6},  {KEY_RIGHTMETA, 0xe7},
};

// Items of a descriptor, as HID 1.11 has them (6.2.2).
constexpr std::uint8_t page = 0x05, usage = 0x09, collection = 0xa1, end_collection = 0xc0;
constexpr std::uint8_t application = 0x01, physical = 0x00, logical = 0x02;
constexpr std::uint8_t generic_desktop = 0x01, key_codes = 0x07, button = 0x09, digitizer = 0x0d;

// All the keys of the table, a bit each: any number may be down, and the device has no others.
std::vector<std::uint8_t> keyboard_descriptor() {
    std::vector<std::uint8_t> made = {page,       generic_desktop, usage, 0x06,
                                      collection, application,     page,  key_codes};
    for (const KeyUsage& key : usages) made.insert(made.end(), {usage, key.usage});
    constexpr std::size_t count = std::size(usages), padding = (8 - count % 8) % 8;
    // From 0 to 1, of 1 bit; the bits that fill the last byte are constant.
    made.insert(made.end(), {0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, count, 0x81, 0x02});
    if (padding != 0) made.insert(made.end(), {0x95, padding, 0x81, 0x01});
    made.push_back(end_collection);
    return made;
}

// X and Y from 0 to 65535.
constexpr std::uint8_t coordinates[] = {page, generic_desktop, usage, 0x30, usage, 0x31,
                                        // Two numbers of 16 bits.
                                        0x15, 0x00, 0x27, 0xff, 0xff, 0x00, 0x00, 0x75, 0x10, 0x95, 0x02,
                                        0x81, 0x02};

// A mouse whose place is absolute, with five buttons and two wheels.
std::vector<std::uint8_t> pointer_descriptor() {
    std::vector<std::uint8_t> made = {page, generic_desktop, usage, 0x02, collection, application, usage,
                                      0x01, collection, physical, page, button, 0x19, 0x01, 0x29, 0x05, 0x15,
                                      0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x05, 0x81, 0x02,
                                      // Three bits of nothing.
                                      0x75, 0x03, 0x95, 0x01, 0x81, 0x01};
    made.insert(made.end(), std::begin(coordinates), std::end(coordinates));
    made.insert(made.end(),
                {// The wheel, and sideways (AC Pan of the page of consumers): steps from -127 to 127.
                 usage, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08,           0x95,
                 0x01,  0x81, 0x06, page, 0x0c, 0x0a, 0x38, 0x02,           0x15,
                 0x81,  0x25, 0x7f, 0x95, 0x01, 0x81, 0x06, end_collection, end_collection});
    return made;
}

// With one finger: a screen with several is driven by a module that may be missing.
std::vector<std::uint8_t> touch_screen_descriptor() {
    std::vector<std::uint8_t> made = {
        page, digitizer, usage, 0x04, collection, application, usage, 0x22, collection, logical,
        // The tip, and seven bits of nothing.
        usage, 0x42, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02, 0x95, 0x07, 0x81, 0x01};
    made.insert(made.end(), std::begin(coordinates), std::end(coordinates));
    made.insert(made.end(), {end_collection, end_collection});
    return made;
}

void add(HidReports::Report& report, std::uint16_t number) {
    report.push_back(static_cast<std::uint8_t>(number & 0xff));
    report.push_back(static_cast<std::uint8_t>(number >> 8));
}

std::int8_t step(std::int32_t value) {
    constexpr std::int32_t most = 127;
    return static_cast<std::int8_t>(std::clamp(value, -most, most));
}

}  // namespace

std::optional<std::uint8_t> usage_of_key(std::uint16_t code) {
    const auto* const found = std::ranges::find(usages, code, &KeyUsage::code);
    if (found == std::end(usages)) return std::nullopt;
    return found->usage;
}

HidReports::HidReports(Kind kind) : kind_(kind) {
    switch (kind) {
        case Kind::keyboard:
            descriptor_ = keyboard_descriptor();
            for (std::size_t bit = 0; bit < std::size(usages); ++bit) bit_of_[usages[bit].code] = bit;
            break;
        case Kind::pointer:
            descriptor_ = pointer_descriptor();
            for (std::uint16_t code = BTN_LEFT; code <= BTN_EXTRA; ++code) bit_of_[code] = code - BTN_LEFT;
            break;
        case Kind::touch:
            descriptor_ = touch_screen_descriptor();
            bit_of_[BTN_TOUCH] = 0;
            break;
    }
    bits_.resize(bit_of_.size() / 8 + (bit_of_.size() % 8 != 0 ? 1 : 0));
}

void HidReports::take_key(std::uint16_t code, bool down) {
    const auto found = bit_of_.find(code);
    if (found == bit_of_.end()) return;
    std::uint8_t& byte = bits_.at(found->second / 8);
    const auto mask = static_cast<std::uint8_t>(1U << found->second % 8);
    byte = static_cast<std::uint8_t>(down ? byte | mask : byte & ~mask);
}

void HidReports::take_axis(std::uint16_t code, std::int32_t value) {
    constexpr std::int32_t largest = 65535;
    const auto place = static_cast<std::uint16_t>(std::clamp(value, 0, largest));
    if (code == ABS_X) x_ = place;
    if (code == ABS_Y) y_ = place;
}

void HidReports::take_step(std::uint16_t code, std::int32_t value) {
    if (code == REL_WHEEL) wheel_ = step(wheel_ + value);
    if (code == REL_HWHEEL) sideways_ = step(sideways_ + value);
}

HidReports::Report HidReports::report() {
    Report made = bits_;
    if (kind_ == Kind::keyboard) return made;
    add(made, x_);
    add(made, y_);
    if (kind_ == Kind::touch) return made;
    made.push_back(static_cast<std::uint8_t>(std::exchange(wheel_, std::int8_t{0})));
    made.push_back(static_cast<std::uint8_t>(std::exchange(sideways_, std::int8_t{0})));
    return made;
}

std::vector<HidReports::Report> HidReports::take(std::span<const Event> events) {
    std::vector<Report> reports;
    for (const Event& event : events) {
        if (event.type == EV_KEY && event.value != 2) take_key(event.code, event.value != 0);
        if (event.type == EV_ABS) take_axis(event.code, event.value);
        if (event.type == EV_REL) take_step(event.code, event.value);
        if (event.type == EV_SYN && event.code == SYN_REPORT) reports.push_back(report());
    }
    return reports;
}

}  // namespace input
