#include "hvfbctl/text_console.h"

#include <gtest/gtest.h>

namespace hvfbctl {
namespace {

using enum Finding::Level;

constexpr const char* enable = "sudo systemctl enable --now hvfb-console";

Finding finding_of(const std::string& loaded, const std::string& active, bool drawn = false) {
    const auto found = findings_of({"display0", true, drawn, loaded, active});
    EXPECT_EQ(found.size(), 1U);
    return found.at(0);
}

TEST(TextConsole, IsNothingToLookAtWithoutAScreenOrWithoutTerminals) {
    EXPECT_TRUE(findings_of({"", true, false, "loaded", "inactive"}).empty());
    EXPECT_TRUE(findings_of({"display0", false, false, "not-found", "inactive"}).empty());
}

TEST(TextConsole, IsDrawnByWhoeverHasABackground) {
    for (const char* active : {"active", "inactive", ""}) {
        const Finding finding = finding_of("loaded", active, true);
        EXPECT_EQ(finding.level, ok);
        EXPECT_EQ(finding.mend, "");
    }
}

TEST(TextConsole, IsNotDrawnByABackgroundInMemoryAlone) {
    const auto display = [](const char* name, const char* output, bool has_background) {
        DisplayState state;
        state.name = name;
        state.properties["Output"] = sdbus::Variant(std::string(output));
        SurfaceRecord background;
        background.layer = "background";
        background.pid = 1;
        if (has_background) state.surfaces.push_back(background);
        return state;
    };
    const TextConsole in_memory =
        text_console_of({display("display0", "memory", true), display("display1", "drm", false)});
    EXPECT_EQ(in_memory.display, "display1");
    EXPECT_FALSE(in_memory.drawn);
    EXPECT_TRUE(
        text_console_of({display("display0", "memory", false), display("display1", "drm", true)}).drawn);
}

TEST(TextConsole, ThatNobodyDrawsComesWithTheCommandThatMendsIt) {
    EXPECT_EQ(finding_of("loaded", "inactive").mend, enable);
    EXPECT_EQ(finding_of("loaded", "inactive").level, warn);
    EXPECT_EQ(finding_of("not-found", "inactive").mend,
              std::string("sudo apt install ./build/packages/hvfbd-console_*.deb && ") + enable);
    // Systemd is not on this bus, or does not answer.
    EXPECT_EQ(finding_of("", "").mend, "sudo systemctl status hvfb-console");
    EXPECT_EQ(finding_of("", "").sentence.find("installed"), std::string::npos);
    EXPECT_EQ(finding_of("masked", "inactive").mend,
              std::string("sudo systemctl unmask hvfb-console && ") + enable);
    for (const char* active : {"failed", "activating", "active"})
        EXPECT_EQ(finding_of("loaded", active).mend, "sudo journalctl -u hvfb-console -n 20");
    EXPECT_EQ(finding_of("loaded", "failed").sentence,
              "nobody draws it on display0: hvfb-console has failed");
}

}  // namespace
}  // namespace hvfbctl
