#include "run/fake_terminal.h"

#include <asm/ioctls.h>
#include <gtest/gtest.h>
#include <linux/kd.h>
#include <linux/keyboard.h>

#include <cerrno>

#include "run/caller.h"

namespace {

class FakeTerminalTest : public testing::Test {
  protected:
    int ask(std::uint32_t request) { return terminal.ioctl(request, caller.at(0), caller.memory()); }
    int tell(std::uint32_t request, std::uint64_t number) {
        return terminal.ioctl(request, number, caller.memory());
    }

    Caller caller;
    fbdev::FakeTerminal terminal;
};

TEST_F(FakeTerminalTest, IsTheOneInFront) {
    ASSERT_EQ(ask(VT_GETSTATE), 0);
    EXPECT_EQ(caller.get<vt_stat>().v_active, 1);
    EXPECT_EQ(tell(VT_ACTIVATE, 3), 0);
    EXPECT_EQ(tell(VT_WAITACTIVE, 3), 0);
    ASSERT_EQ(ask(VT_GETSTATE), 0);
    EXPECT_EQ(caller.get<vt_stat>().v_active, 3);
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{64}, ~std::uint64_t{0}})
        EXPECT_EQ(tell(VT_ACTIVATE, number), ENXIO);
}

TEST_F(FakeTerminalTest, RemembersWhatItWasSetTo) {
    caller.put(vt_mode{.mode = VT_PROCESS, .waitv = 0, .relsig = 10, .acqsig = 12, .frsig = 0});
    ASSERT_EQ(ask(VT_SETMODE), 0);
    caller.put(vt_mode{});
    ASSERT_EQ(ask(VT_GETMODE), 0);
    EXPECT_EQ(caller.get<vt_mode>().mode, VT_PROCESS);
    EXPECT_EQ(caller.get<vt_mode>().acqsig, 12);
    EXPECT_EQ(tell(KDSETMODE, KD_GRAPHICS), 0);
    ASSERT_EQ(ask(KDGETMODE), 0);
    EXPECT_EQ(caller.get<int>(), KD_GRAPHICS);
    EXPECT_EQ(tell(KDSKBMODE, K_MEDIUMRAW), 0);
    ASSERT_EQ(ask(KDGKBMODE), 0);
    EXPECT_EQ(caller.get<int>(), K_MEDIUMRAW);
}

TEST_F(FakeTerminalTest, RefusesWhatNoTerminalCanBe) {
    EXPECT_EQ(tell(KDSETMODE, 4), EINVAL);
    EXPECT_EQ(tell(KDSETMODE, (std::uint64_t{1} << 32) + 1), EINVAL);
    EXPECT_EQ(tell(KDSKBMODE, 99), EINVAL);
    EXPECT_EQ(tell(KDSKBMETA, 5), EINVAL);
    EXPECT_EQ(tell(KDSKBLED, 8), EINVAL);
    EXPECT_EQ(tell(KDMAPDISP, 0), EINVAL);
    EXPECT_EQ(tell(VT_DISALLOCATE, 64), ENXIO);
    caller.put(vt_mode{.mode = 77, .waitv = 0, .relsig = 0, .acqsig = 0, .frsig = 0});
    EXPECT_EQ(ask(VT_SETMODE), EINVAL);
}

TEST_F(FakeTerminalTest, TakesTheOlderNamesOfText) {
    for (const std::uint64_t text : {KD_TEXT0, KD_TEXT1}) {
        EXPECT_EQ(tell(KDSETMODE, KD_GRAPHICS), 0);
        EXPECT_EQ(tell(KDSETMODE, text), 0);
        ASSERT_EQ(ask(KDGETMODE), 0);
        EXPECT_EQ(caller.get<int>(), KD_TEXT);
    }
}

TEST_F(FakeTerminalTest, HasNoSwitchThatWaitsForTheProgram) {
    EXPECT_EQ(tell(VT_RELDISP, VT_ACKACQ), EINVAL);
    caller.put(vt_mode{.mode = VT_PROCESS, .waitv = 0, .relsig = 10, .acqsig = 12, .frsig = 5});
    ASSERT_EQ(ask(VT_SETMODE), 0);
    EXPECT_EQ(tell(VT_RELDISP, VT_ACKACQ), 0);
    for (const std::uint64_t other : {0, 1, 3}) EXPECT_EQ(tell(VT_RELDISP, other), EINVAL);
    ASSERT_EQ(ask(VT_GETMODE), 0);
    EXPECT_EQ(caller.get<vt_mode>().frsig, 0);
}

TEST_F(FakeTerminalTest, GivesAFreeOneThatIsNotInFrontAndFreesNoneThatIs) {
    for (int number = 1; number < 16; ++number) {
        ASSERT_EQ(tell(VT_ACTIVATE, static_cast<std::uint64_t>(number)), 0);
        ASSERT_EQ(ask(VT_OPENQRY), 0);
        const int free_one = caller.get<int>();
        EXPECT_NE(free_one, number);
        EXPECT_EQ(tell(VT_DISALLOCATE, static_cast<std::uint64_t>(number)), EBUSY);
        EXPECT_EQ(tell(VT_DISALLOCATE, static_cast<std::uint64_t>(free_one)), 0);
        caller.put(vt_stat{.v_active = 0, .v_signal = 77, .v_state = 0});
        ASSERT_EQ(ask(VT_GETSTATE), 0);
        EXPECT_EQ(caller.get<vt_stat>().v_state, 1 | 1 << number);
        // The kernel says nothing there.
        EXPECT_EQ(caller.get<vt_stat>().v_signal, 77);
    }
}

TEST_F(FakeTerminalTest, HasAKeyboardWithoutKeys) {
    ASSERT_EQ(ask(KDGKBTYPE), 0);
    EXPECT_EQ(caller.get<char>(), KB_101);
    caller.put(kbentry{.kb_table = 0, .kb_index = 30, .kb_value = 1});
    ASSERT_EQ(ask(KDGKBENT), 0);
    EXPECT_EQ(caller.get<kbentry>().kb_index, 30);
    EXPECT_EQ(caller.get<kbentry>().kb_value, K_HOLE);
    caller.put(kbentry{.kb_table = 9, .kb_index = 0, .kb_value = 1});
    ASSERT_EQ(ask(KDGKBENT), 0);
    EXPECT_EQ(caller.get<kbentry>().kb_value, K_NOSUCHMAP);
    EXPECT_EQ(tell(KDSKBMETA, K_METABIT), 0);
    ASSERT_EQ(ask(KDGKBMETA), 0);
    EXPECT_EQ(caller.get<int>(), K_METABIT);
    EXPECT_EQ(tell(KDSKBLED, 0x72), 0);
    ASSERT_EQ(ask(KDGKBLED), 0);
    EXPECT_EQ(caller.get<char>(), 0x72);
}

TEST_F(FakeTerminalTest, AnAddressThatIsNoMemoryIsAnErrorOfTheCaller) {
    for (const std::uint32_t request :
         {VT_OPENQRY, VT_GETMODE, VT_SETMODE, VT_GETSTATE, KDGETMODE, KDGKBMODE, KDGKBTYPE, KDGKBENT,
          KDSKBENT, KDGKBSENT, KDGETLED, KDGKBLED, KDGKBMETA, KDKBDREP})
        EXPECT_EQ(terminal.ioctl(request, Caller::nowhere, caller.memory()), EFAULT) << request;
}

TEST_F(FakeTerminalTest, KnowsNothingOfOtherDevices) {
    // Video4Linux has the same letter.
    for (const std::uint32_t request : {std::uint32_t{TCGETS}, 0x80685600U, 0x5699U}) {
        EXPECT_FALSE(fbdev::FakeTerminal::knows(request));
        EXPECT_EQ(ask(request), ENOTTY);
    }
    EXPECT_TRUE(fbdev::FakeTerminal::knows(VT_GETSTATE));
}

}  // namespace
