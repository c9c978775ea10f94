#include "display/change_reporter.h"

#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <vector>

#include "fakes/fake_output.h"

namespace hvfbd {
namespace {

const Layout small = layout_for({640, 480}), large = layout_for({800, 600});

// Remembers what it was told; refuses to be told as often as it is asked to.
class Log : public Observer {
  public:
    std::vector<std::string> told;
    int refuse = 0;

    void visibility_changed(bool visible) override { take(visible ? "visible" : "hidden"); }
    void modes_changed() override { take("modes"); }
    void layout_changed(const Layout& layout) override { take("layout " + std::to_string(layout.width)); }
    void active_surface_changed() override { take("active"); }
    void viewer_count_changed(std::size_t count) override { take(std::to_string(count) + " viewers"); }
    void problem_changed(const std::string& problem) override { take("problem: " + problem); }

  private:
    void take(const std::string& what) {
        if (refuse > 0 && refuse-- > 0) throw std::system_error(ENOMEM, std::generic_category());
        told.push_back(what);
    }
};

class AChangeReporter : public ::testing::Test {
  public:
    testing::FakeOutput output{small};
    Log log;
    ChangeReporter reporter{output, log};

    using Told = std::vector<std::string>;
    Told report(bool visible, const Layout& layout, SurfaceNumber active, std::size_t viewers = 0,
                const std::string& problem = {}) {
        log.told.clear();
        reporter.report(visible, layout, active, viewers, problem);
        return log.told;
    }
};

TEST_F(AChangeReporter, says_nothing_of_what_is_as_it_was) {
    EXPECT_EQ(report(output.visible(), small, 0), Told{});
}

TEST_F(AChangeReporter, says_each_change_once) {
    EXPECT_EQ(report(false, small, 0), Told{"hidden"});
    EXPECT_EQ(report(false, large, 0), Told{"layout 800"});
    EXPECT_EQ(report(false, large, 3), Told{"active"});
    EXPECT_EQ(report(true, small, 0), (Told{"visible", "layout 640", "active"}));
    EXPECT_EQ(report(true, small, 0), Told{});
}

TEST_F(AChangeReporter, says_why_nothing_is_shown_and_that_it_is_again) {
    EXPECT_EQ(report(true, small, 0, 0, "no card"), Told{"problem: no card"});
    EXPECT_EQ(report(true, small, 0, 0, "no card"), Told{});
    EXPECT_EQ(report(true, small, 0, 0, "no memory"), Told{"problem: no memory"});
    log.refuse = 1;
    EXPECT_THROW(reporter.report(true, small, 0, 0, {}), std::system_error);
    EXPECT_EQ(report(true, small, 0, 0, {}), Told{"problem: "});
}

TEST_F(AChangeReporter, says_how_many_look) {
    EXPECT_EQ(report(true, small, 0, 2), Told{"2 viewers"});
    EXPECT_EQ(report(true, small, 0, 2), Told{});
    EXPECT_EQ(report(true, small, 0, 0), Told{"0 viewers"});
}

TEST_F(AChangeReporter, compares_modes_only_when_the_output_said_that_something_changed) {
    output.set_modes({{640, 480}, {1024, 768}});
    EXPECT_EQ(report(true, small, 0), Told{});
    reporter.modes_may_differ();
    EXPECT_EQ(report(true, small, 0), Told{"modes"});
    output.set_modes({{640, 480}});
    EXPECT_EQ(report(true, small, 0), Told{});
    output.set_modes({{640, 480}, {1024, 768}});
    reporter.modes_may_differ();
    EXPECT_EQ(report(true, small, 0), Told{});
}

TEST_F(AChangeReporter, says_again_what_could_not_be_said) {
    log.refuse = 1;
    EXPECT_THROW(reporter.report(false, large, 1, 0, {}), std::system_error);
    EXPECT_EQ(report(false, large, 1), (Told{"hidden", "layout 800", "active"}));
    output.set_modes({{640, 480}});
    reporter.modes_may_differ();
    log.refuse = 1;
    EXPECT_THROW(reporter.report(false, large, 1, 0, {}), std::system_error);
    EXPECT_EQ(report(false, large, 1), Told{"modes"});
}

TEST_F(AChangeReporter, knows_that_somebody_looks_again_though_another_looked_all_the_time) {
    output.set_visible(false);
    reporter.report(true, small, 0, 0, {});  // a viewer
    EXPECT_FALSE(reporter.became_visible(true));
    output.set_visible(true);
    EXPECT_TRUE(reporter.became_visible(true));
    reporter.report(true, small, 0, 0, {});
    EXPECT_FALSE(reporter.became_visible(true));
}

TEST_F(AChangeReporter, takes_what_the_daemon_before_reported_as_reported) {
    output.set_visible(false);
    reporter.assume_visible(false);
    EXPECT_FALSE(reporter.became_visible(false));
    EXPECT_EQ(report(false, small, 0), Told{});
}

}  // namespace
}  // namespace hvfbd
