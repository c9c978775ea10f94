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
    EXPECT_EQ(tell(KDSETMODE, 2), EINVAL);
    EXPECT_EQ(tell(KDSKBMODE, 99), EINVAL);
    caller.put(vt_mode{.mode = 77, .waitv = 0, .relsig = 0, .acqsig = 0, .frsig = 0});
    EXPECT_EQ(ask(VT_SETMODE), EINVAL);
}

TEST_F(FakeTerminalTest, HasAKeyboardWithoutKeys) {
    ASSERT_EQ(ask(KDGKBTYPE), 0);
    EXPECT_EQ(caller.get<char>(), KB_101);
    caller.put(kbentry{.kb_table = 0, .kb_index = 30, .kb_value = 1});
    ASSERT_EQ(ask(KDGKBENT), 0);
    EXPECT_EQ(caller.get<kbentry>().kb_index, 30);
    EXPECT_EQ(caller.get<kbentry>().kb_value, K_HOLE);
}

TEST_F(FakeTerminalTest, AnAddressThatIsNoMemoryIsAnErrorOfTheCaller) {
    for (const std::uint32_t request : {VT_OPENQRY, VT_GETMODE, VT_SETMODE, VT_GETSTATE, KDGETMODE, KDGKBMODE,
                                        KDGKBTYPE, KDGKBENT, KDGKBSENT, KDGETLED, KDGKBLED, KDGKBMETA})
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
