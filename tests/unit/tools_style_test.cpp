#include <gtest/gtest.h>

#include "hvfbctl/for_caller.h"
#include "hvfbctl/reason.h"
#include "hvfbctl/style.h"
#include "hvfbctl/table.h"

namespace hvfbctl {
namespace {

TEST(Style, IsColouredOnATerminalThatCanAndWhereNobodySaysNo) {
    EXPECT_TRUE(is_coloured("auto", true, nullptr, "xterm"));
    EXPECT_TRUE(is_coloured("auto", true, "", "xterm"));
    EXPECT_FALSE(is_coloured("auto", true, "1", "xterm"));
    EXPECT_FALSE(is_coloured("auto", true, nullptr, "dumb"));
    EXPECT_FALSE(is_coloured("auto", true, nullptr, ""));
    EXPECT_FALSE(is_coloured("auto", true, nullptr, nullptr));
    EXPECT_FALSE(is_coloured("auto", false, nullptr, "xterm"));
    EXPECT_TRUE(is_coloured("always", false, "1", nullptr));
    EXPECT_FALSE(is_coloured("never", true, nullptr, "xterm"));
}

TEST(Style, LeavesTextAsItIsWithoutColour) {
    EXPECT_EQ(Style().paint(Colour::red, "text"), "text");
    EXPECT_EQ((Style{true, true}.paint(Colour::red, "text")), "\033[31mtext\033[0m");
    EXPECT_EQ((Style{true, true}.paint(Colour::none, "text")), "text");
    EXPECT_EQ((Style{true, true}.paint(Colour::red, "")), "");
}

TEST(Counts, HaveTheRightNumber) {
    EXPECT_EQ(counted(0, "pixel"), "0 pixels");
    EXPECT_EQ(counted(1, "pixel"), "1 pixel");
    EXPECT_EQ(counted(307200, "pixel"), "307 200 pixels");
}

ShownOrNot shown() {
    return {"memory", "", "pause", true, true, true};
}

TEST(WhyNothingIsShown, IsNothingWhereSomethingIs) {
    EXPECT_EQ(why_nothing_is_shown(shown()), "");
}

TEST(ForCaller, LeavesSudoOutOfCommandsAlone) {
    EXPECT_EQ(without_sudo("sudo a && echo x | sudo tee b # or (sudo c): sudo d"),
              "a && echo x | tee b # or (c): d");
    EXPECT_EQ(without_sudo("chmod a+r '/etc/my sudo file' && sudo b"), "chmod a+r '/etc/my sudo file' && b");
    EXPECT_EQ(without_sudo("pseudo code, no sudo"), "pseudo code, no sudo");
}

TEST(WhyNothingIsShown, IsTheDaemonsOwnSentenceFirst) {
    ShownOrNot display = shown();
    display.problem = "the card is gone";
    display.visible = false;
    EXPECT_EQ(why_nothing_is_shown(display), "nothing is shown: the card is gone");
}

TEST(WhyNothingIsShown, SaysWhatMendsAHiddenDisplay) {
    ShownOrNot display = shown();
    display.visible = false;
    EXPECT_EQ(why_nothing_is_shown(display),
              "hidden: nobody looks, which is normal. What is drawn is shown as soon as somebody does: "
              "hvfbctl view. To present it all the same: sudo hvfbctl set WhenHidden ignore");
    EXPECT_FALSE(is_trouble(display));
    EXPECT_EQ(why_shown_to_nobody(display), "");
    display.output = "hyperv";
    EXPECT_EQ(why_nothing_is_shown(display),
              "hidden: the host says that nobody looks, which is normal. What is drawn is shown as soon as "
              "somebody does. To present it all the same: sudo hvfbctl set WhenHidden ignore");
    EXPECT_FALSE(is_trouble(display));
    display.when_hidden = "ignore";
    EXPECT_EQ(why_nothing_is_shown(display), "");
    EXPECT_NE(why_shown_to_nobody(display).find("sudo hvfbctl set WhenHidden pause"), std::string::npos);
    display.output = "drm";
    EXPECT_NE(why_nothing_is_shown(display).find("no screen is connected"), std::string::npos);
    EXPECT_TRUE(is_trouble(display));
    EXPECT_EQ(why_shown_to_nobody(display), "");
}

TEST(WhyNothingIsShown, SaysThatNobodyDraws) {
    ShownOrNot display = shown();
    display.active_surface = false;
    EXPECT_NE(why_nothing_is_shown(display).find("hvfbctl activate"), std::string::npos);
    display.any_surface = false;
    EXPECT_EQ(why_nothing_is_shown(display), "no program draws: no surface is open");
}

}  // namespace
}  // namespace hvfbctl
