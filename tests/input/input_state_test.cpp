#include "input/input_state.h"

#include <gtest/gtest.h>

#include <linux/input-event-codes.h>

#include <vector>

namespace input {
namespace {

using namespace std::chrono_literals;
using Reports = std::vector<InputState::Report>;

const Time start{1h};
constexpr Event end_of_report{EV_SYN, SYN_REPORT, 0};

Reports keys(std::vector<Event> events) {
    events.push_back(end_of_report);
    return {{Kind::keyboard, std::move(events)}};
}

class InputStateTest : public testing::Test {
  protected:
    InputStateTest() { state.client_came(1); }
    Reports press(InputState::Client client, std::uint32_t code) {
        return state.take(client, Key{code, KeyValue::down});
    }
    Reports release(InputState::Client client, std::uint32_t code) {
        return state.take(client, Key{code, KeyValue::up});
    }

    InputState state{start};
};

TEST_F(InputStateTest, AKeyGoesDownIsRepeatedAndGoesUp) {
    EXPECT_EQ(press(1, KEY_A), keys({{EV_KEY, KEY_A, 1}}));
    EXPECT_EQ(press(1, KEY_A), keys({{EV_KEY, KEY_A, 2}}));
    EXPECT_EQ(release(1, KEY_A), keys({{EV_KEY, KEY_A, 0}}));
    EXPECT_EQ(release(1, KEY_A), Reports{});
    EXPECT_EQ(state.take(1, Key{KEY_B, KeyValue::repeated}), keys({{EV_KEY, KEY_B, 1}}));
}

TEST_F(InputStateTest, AKeyThatTwoHoldIsDownUntilBothHaveReleasedIt) {
    state.client_came(2);
    press(1, KEY_A);
    EXPECT_EQ(press(2, KEY_A), Reports{});
    EXPECT_EQ(release(1, KEY_A), Reports{});
    EXPECT_EQ(release(2, KEY_A), keys({{EV_KEY, KEY_A, 0}}));
}

TEST_F(InputStateTest, AClientThatGoesReleasesAllThatItAloneHeld) {
    state.client_came(2);
    press(1, KEY_A);
    press(1, KEY_LEFTCTRL);
    press(2, KEY_A);
    state.take(1, Pointer{1, 2, 5, 0, 0});
    state.take(1, Touch{7, 1, 3, 4});
    const Reports expected = {{Kind::keyboard, {{EV_KEY, KEY_LEFTCTRL, 0}, end_of_report}},
                              {Kind::pointer, {{EV_KEY, BTN_LEFT, 0}, {EV_KEY, BTN_RIGHT, 0}, end_of_report}},
                              {Kind::touch,
                               {{EV_ABS, ABS_MT_SLOT, 0},
                                {EV_ABS, ABS_MT_TRACKING_ID, -1},
                                {EV_KEY, BTN_TOUCH, 0},
                                end_of_report}}};
    EXPECT_EQ(state.client_left(1, start), expected);
    EXPECT_EQ(state.client_left(1, start), Reports{});
}

TEST_F(InputStateTest, TheKeyboardHasNoKeyThatEndsTheMachine) {
    for (const std::uint32_t code :
         {KEY_SYSRQ, KEY_POWER, KEY_SLEEP, KEY_SUSPEND, KEY_WAKEUP, KEY_RESTART, BTN_LEFT}) {
        EXPECT_EQ(press(1, code), Reports{}) << code;
        EXPECT_FALSE(keyboard_has(code)) << code;
    }
}

TEST_F(InputStateTest, ThePointerSaysWhereItIsWhatIsPressedAndTheWheel) {
    const Reports pressed = {{Kind::pointer,
                              {{EV_ABS, ABS_X, 10},
                               {EV_ABS, ABS_Y, 20},
                               {EV_KEY, BTN_MIDDLE, 1},
                               {EV_REL, REL_WHEEL, -1},
                               {EV_REL, REL_WHEEL_HI_RES, -120},
                               {EV_REL, REL_HWHEEL, 2},
                               {EV_REL, REL_HWHEEL_HI_RES, 240},
                               end_of_report}}};
    EXPECT_EQ(state.take(1, Pointer{10, 20, 2, -1, 2}), pressed);
    const Reports moved = {{Kind::pointer, {{EV_ABS, ABS_X, 11}, {EV_ABS, ABS_Y, 20}, end_of_report}}};
    EXPECT_EQ(state.take(1, Pointer{11, 20, 2, 0, 0}), moved);
}

TEST_F(InputStateTest, FingersHaveSlotsAndTheFirstIsThePointOfOldPrograms) {
    const Reports first = state.take(1, Touch{4, 1, 10, 20});
    const Reports expected = {{Kind::touch,
                               {{EV_ABS, ABS_MT_SLOT, 0},
                                {EV_ABS, ABS_MT_TRACKING_ID, 0},
                                {EV_ABS, ABS_MT_POSITION_X, 10},
                                {EV_ABS, ABS_MT_POSITION_Y, 20},
                                {EV_KEY, BTN_TOUCH, 1},
                                {EV_ABS, ABS_X, 10},
                                {EV_ABS, ABS_Y, 20},
                                end_of_report}}};
    EXPECT_EQ(first, expected);
    const Reports second = {{Kind::touch,
                             {{EV_ABS, ABS_MT_SLOT, 1},
                              {EV_ABS, ABS_MT_TRACKING_ID, 1},
                              {EV_ABS, ABS_MT_POSITION_X, 30},
                              {EV_ABS, ABS_MT_POSITION_Y, 40},
                              end_of_report}}};
    EXPECT_EQ(state.take(1, Touch{0, 1, 30, 40}), second);
    EXPECT_EQ(state.take(1, Touch{5, 0, 0, 0}), Reports{});
    const Reports lifted = {
        {Kind::touch, {{EV_ABS, ABS_MT_SLOT, 0}, {EV_ABS, ABS_MT_TRACKING_ID, -1}, end_of_report}}};
    EXPECT_EQ(state.take(1, Touch{4, 0, 0, 0}), lifted);
}

TEST_F(InputStateTest, ThereAreTenFingersAndTheEleventhIsLeftOut) {
    for (std::uint32_t contact = 0; contact < 10; ++contact)
        EXPECT_EQ(state.take(1, Touch{contact, 1, 0, 0}).size(), 1);
    state.client_came(2);
    EXPECT_EQ(state.take(2, Touch{0, 1, 0, 0}), Reports{});
}

TEST_F(InputStateTest, DevicesGoTenSecondsAfterTheLastClient) {
    state.client_came(2);
    EXPECT_FALSE(state.removes_at());
    state.client_left(1, start + 1min);
    EXPECT_FALSE(state.removes_at());
    state.client_left(2, start + 2min);
    EXPECT_EQ(state.removes_at(), start + 2min + 10s);
    state.client_came(3);
    EXPECT_FALSE(state.removes_at());
    EXPECT_EQ(InputState(start).removes_at(), start + 10s);
}

TEST_F(InputStateTest, WhoHasNotComeTypesNothing) {
    EXPECT_EQ(press(9, KEY_A), Reports{});
}

}  // namespace
}  // namespace input
