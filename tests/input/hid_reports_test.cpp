// What the kernel is told by uhid, byte by byte.
#include "input/hid_reports.h"

#include <gtest/gtest.h>
#include <linux/input-event-codes.h>

#include <set>
#include <utility>
#include <vector>

namespace input {
namespace {

using Report = HidReports::Report;

Event key(std::uint16_t code, bool down) {
    return {EV_KEY, code, down ? 1 : 0};
}
constexpr Event end{EV_SYN, SYN_REPORT, 0};

std::vector<Report> say(HidReports& reports, std::vector<Event> events) {
    events.push_back(end);
    return reports.take(events);
}

// What a report of the keyboard says is down: the usages of its bits, in the order of the descriptor.
std::set<std::uint8_t> down(const HidReports& reports, const Report& report) {
    std::vector<std::uint8_t> usages;
    const auto& descriptor = reports.descriptor();
    // Behind "page of keys" a usage for each bit.
    for (std::size_t at = 8; descriptor.at(at) == 0x09; at += 2) usages.push_back(descriptor.at(at + 1));
    std::set<std::uint8_t> found;
    for (std::size_t bit = 0; bit < 8 * report.size(); ++bit)
        if ((report[bit / 8] >> bit % 8 & 1) != 0) found.insert(usages.at(bit));
    return found;
}

TEST(HidReports, OfAKeyboardHaveABitForEachKeyThatIsDown) {
    HidReports reports(Kind::keyboard);
    const auto say_one = [&reports](std::vector<Event> events) {
        const auto said = say(reports, std::move(events));
        EXPECT_EQ(said.size(), 1u);
        return down(reports, said.at(0));
    };
    EXPECT_EQ(say_one({key(KEY_LEFTSHIFT, true), key(KEY_A, true)}), (std::set<std::uint8_t>{0xe1, 0x04}));
    EXPECT_EQ(say_one({key(KEY_LEFTSHIFT, false), key(KEY_RIGHTMETA, true)}),
              (std::set<std::uint8_t>{0x04, 0xe7}));
    EXPECT_EQ(say_one({key(KEY_A, false)}), (std::set<std::uint8_t>{0xe7}));
}

TEST(HidReports, OfAKeyboardLeaveOutWhatHidHasNoUsageForAndRepetitions) {
    HidReports reports(Kind::keyboard);
    for (const Event event : {key(KEY_BLUETOOTH, true), Event{EV_KEY, KEY_B, 2}})
        EXPECT_EQ(down(reports, say(reports, {event}).at(0)), std::set<std::uint8_t>{}) << event.code;
}

TEST(HidReports, OfAPointerHaveItsPlaceItsButtonsAndStepsOnce) {
    HidReports reports(Kind::pointer);
    EXPECT_EQ(
        say(reports,
            {{EV_ABS, ABS_X, 0x1234}, {EV_ABS, ABS_Y, 65535}, key(BTN_RIGHT, true), {EV_REL, REL_WHEEL, -1}}),
        (std::vector<Report>{{0x02, 0x34, 0x12, 0xff, 0xff, 0xff, 0}}));
    EXPECT_EQ(say(reports, {}), (std::vector<Report>{{0x02, 0x34, 0x12, 0xff, 0xff, 0, 0}}));
}

TEST(HidReports, OfSeveralFingersAreTheOneForProgramsThatKnowOne) {
    HidReports reports(Kind::touch);
    EXPECT_EQ(say(reports, {{EV_ABS, ABS_MT_SLOT, 0},
                            {EV_ABS, ABS_MT_POSITION_X, 7},
                            {EV_ABS, ABS_X, 1},
                            {EV_ABS, ABS_Y, 2},
                            key(BTN_TOUCH, true)}),
              (std::vector<Report>{{1, 1, 0, 2, 0}}));
    EXPECT_EQ(say(reports, {{EV_ABS, ABS_MT_SLOT, 1}, {EV_ABS, ABS_MT_POSITION_X, 9}}),
              (std::vector<Report>{{1, 1, 0, 2, 0}}));
    EXPECT_EQ(say(reports, {key(BTN_TOUCH, false)}), (std::vector<Report>{{0, 1, 0, 2, 0}}));
}

TEST(HidReports, KnowEachUsageByOneKeyThatTheKeyboardHas) {
    std::set<std::uint8_t> found;
    for (std::uint16_t code = 1; code < 768; ++code)
        if (const auto usage = usage_of_key(code)) {
            EXPECT_TRUE(keyboard_has(code)) << code;
            EXPECT_TRUE(found.insert(*usage).second) << code;
        }
    EXPECT_GT(found.size(), 120u);
}

}  // namespace
}  // namespace input
