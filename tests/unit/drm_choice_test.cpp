#include "output/drm/choice.h"

#include <gtest/gtest.h>

#include "fakes/fake_kms.h"

namespace hvfbd::drm {
namespace {

using testing::drm_mode;

// For one display.
Plan choose(const Resources& resources, const std::string& connector, std::optional<Mode> mode) {
    std::vector<Wish> wishes{{connector, mode}};
    return drm::choose(resources, wishes).at(0);
}

class AChoice : public ::testing::Test {
  protected:
    // Connectors 1, 2, ... and CRTCs 11, 12, ...
    Connector& add(const std::string& name, std::vector<drmModeModeInfo> modes, std::uint32_t crtcs = ~0U) {
        Connector connector;
        connector.id = static_cast<Id>(resources.connectors.size() + 1);
        connector.name = name;
        connector.connected = true;
        connector.modes = std::move(modes);
        connector.crtcs = crtcs;
        return resources.connectors.emplace_back(connector);
    }
    std::vector<std::pair<Id, Id>> heads(const Plan& plan) {
        std::vector<std::pair<Id, Id>> pairs;
        for (const Head& head : plan.heads) pairs.emplace_back(head.connector, head.crtc);
        return pairs;
    }
    using Pairs = std::vector<std::pair<Id, Id>>;
    Resources resources{{11, 12}, {}, {4096, 4096}};
};

TEST_F(AChoice, takes_what_the_first_connected_screen_prefers) {
    add("A-1", {drm_mode(640, 480, true)}).connected = false;
    add("B-1", {drm_mode(800, 600), drm_mode(1024, 768, true), drm_mode(1920, 1080)});
    Plan plan = choose(resources, "", std::nullopt);
    EXPECT_EQ(plan.mode, (Mode{1024, 768}));
    EXPECT_EQ(heads(plan), (Pairs{{2, 11}}));
    EXPECT_EQ(plan.modes, (std::vector<Mode>{{1024, 768}, {800, 600}, {1920, 1080}}));
}

TEST_F(AChoice, shows_on_every_screen_that_takes_the_mode) {
    add("A-1", {drm_mode(1024, 768, true)});
    add("B-1", {drm_mode(1920, 1080, true), drm_mode(1024, 768, false, 75)});
    Plan plan = choose(resources, "", std::nullopt);
    EXPECT_EQ(heads(plan), (Pairs{{1, 11}, {2, 12}}));
    EXPECT_EQ(plan.heads[1].mode.vrefresh, 75u);
    EXPECT_EQ(plan.obstacle, "");
    plan = choose(resources, "", Mode{1920, 1080});
    EXPECT_EQ(heads(plan), (Pairs{{2, 11}}));
    EXPECT_TRUE(plan.wanted_mode);
}

TEST_F(AChoice, takes_the_connector_that_is_named_and_no_other) {
    add("A-1", {drm_mode(1024, 768, true)});
    add("B-1", {drm_mode(1024, 768, true)});
    EXPECT_EQ(heads(choose(resources, "B-1", std::nullopt)), (Pairs{{2, 11}}));
    Plan plan = choose(resources, "C-1", std::nullopt);
    EXPECT_TRUE(plan.heads.empty());
    EXPECT_EQ(
        plan.obstacle,
        "there is no connector C-1; there is A-1, B-1 (if Connector= in hvfbd.conf says so, name another)");
}

TEST_F(AChoice, says_why_there_is_nothing_to_show_on) {
    EXPECT_EQ(choose(resources, "", std::nullopt).obstacle, "no screen is connected");
    add("A-1", {drm_mode(640, 480)}).connected = false;
    EXPECT_EQ(choose(resources, "A-1", std::nullopt).obstacle, "no screen is connected to A-1");
    add("B-1", {drm_mode(640, 480)}, 0);
    EXPECT_EQ(choose(resources, "", std::nullopt).obstacle, "no CRTC can drive B-1");
}

TEST_F(AChoice, falls_back_to_the_preferred_mode_where_nobody_has_the_wanted_one_and_says_so) {
    add("A-1", {drm_mode(640, 480), drm_mode(800, 600, true)});
    Plan plan = choose(resources, "", Mode{1234, 567});
    EXPECT_FALSE(plan.wanted_mode);
    EXPECT_EQ(plan.mode, (Mode{800, 600}));
}

TEST_F(AChoice, takes_the_quickest_mode_of_a_size_but_for_a_preferred_one) {
    add("A-1", {drm_mode(800, 600, false, 56), drm_mode(800, 600, false, 75), drm_mode(800, 600, false, 60)});
    EXPECT_EQ(choose(resources, "", std::nullopt).heads.at(0).mode.vrefresh, 75u);
    resources.connectors[0].modes[2].type |= DRM_MODE_TYPE_PREFERRED;
    EXPECT_EQ(choose(resources, "", std::nullopt).heads.at(0).mode.vrefresh, 60u);
}

TEST_F(AChoice, leaves_out_what_is_interlaced_doubled_empty_or_larger_than_the_card_can) {
    auto interlaced = drm_mode(720, 576, true), doubled = drm_mode(320, 240);
    interlaced.flags |= DRM_MODE_FLAG_INTERLACE;
    doubled.flags |= DRM_MODE_FLAG_DBLSCAN;
    add("A-1", {interlaced, doubled, drm_mode(0, 600), drm_mode(600, 0), drm_mode(4097, 600),
                drm_mode(600, 4097), drm_mode(4096, 4096), drm_mode(1, 1), drm_mode(640, 480)});
    EXPECT_EQ(choose(resources, "", std::nullopt).modes,
              (std::vector<Mode>{{4096, 4096}, {1, 1}, {640, 480}}));
}

TEST_F(AChoice, leaves_out_what_is_larger_than_a_picture_can_be_though_the_card_can) {
    resources.largest = {65535, 65535};
    add("A-1", {drm_mode(16385, 480), drm_mode(480, 16385), drm_mode(16384, 16384)});
    EXPECT_EQ(choose(resources, "", std::nullopt).modes, (std::vector<Mode>{{16384, 16384}}));
}

TEST_F(AChoice, takes_the_first_of_the_modes_that_are_as_good) {
    add("A-1", {drm_mode(800, 600), drm_mode(800, 600), drm_mode(640, 480)});
    resources.connectors[0].modes[1].clock += 1;
    EXPECT_EQ(choose(resources, "", std::nullopt).heads.at(0).mode.clock, drm_mode(800, 600).clock);
}

TEST_F(AChoice, finds_a_crtc_for_each_screen_though_the_first_could_take_what_only_the_second_can_use) {
    add("A-1", {drm_mode(640, 480)}, 0b11);
    add("B-1", {drm_mode(640, 480)}, 0b01);
    EXPECT_EQ(heads(choose(resources, "", std::nullopt)), (Pairs{{1, 12}, {2, 11}}));
}

TEST_F(AChoice, leaves_a_screen_its_crtc) {
    add("A-1", {drm_mode(640, 480)}).crtc = 12;
    EXPECT_EQ(heads(choose(resources, "", std::nullopt)), (Pairs{{1, 12}}));
}

TEST_F(AChoice, leaves_out_the_last_where_there_are_more_screens_than_crtcs) {
    for (const char* name : {"A-1", "B-1", "C-1"}) add(name, {drm_mode(640, 480)});
    EXPECT_EQ(heads(choose(resources, "", std::nullopt)), (Pairs{{1, 11}, {2, 12}}));
}

TEST_F(AChoice, says_that_no_crtc_is_left_and_leaves_a_screen_that_shows_its_own) {
    for (const char* name : {"A-1", "B-1", "C-1"}) add(name, {drm_mode(640, 480)});
    resources.connectors[1].crtc = 11;
    resources.connectors[2].crtc = 12;
    std::vector<Wish> wishes{{"A-1", {}}, {"B-1", {}}, {"C-1", {}}};
    auto plans = drm::choose(resources, wishes);
    EXPECT_EQ(plans[0].obstacle, "no CRTC is left for A-1");
    EXPECT_EQ(heads(plans[0]), Pairs{});
    EXPECT_EQ(heads(plans[1]), (Pairs{{2, 11}}));
    EXPECT_EQ(heads(plans[2]), (Pairs{{3, 12}}));
}

TEST_F(AChoice, gives_each_display_a_screen_and_a_mode_of_its_own) {
    add("A-1", {drm_mode(640, 480, true), drm_mode(800, 600)}, 0b11);
    add("B-1", {drm_mode(1024, 768, true)}, 0b01);
    add("C-1", {drm_mode(640, 480, true)}).connected = false;
    std::vector<Wish> wishes{{"A-1", Mode{800, 600}}, {"B-1", Mode{800, 600}}, {"C-1", {}}};
    auto plans = drm::choose(resources, wishes);
    EXPECT_EQ(heads(plans[0]), (Pairs{{1, 12}}));
    EXPECT_EQ(heads(plans[1]), (Pairs{{2, 11}}));
    EXPECT_EQ(plans[0].mode, (Mode{800, 600}));
    EXPECT_EQ(plans[1].mode, (Mode{1024, 768}));
    EXPECT_TRUE(plans[0].wanted_mode);
    EXPECT_FALSE(plans[1].wanted_mode);
    EXPECT_EQ(plans[2].obstacle, "no screen is connected to C-1");
}

TEST_F(AChoice, numbers_displays_by_who_has_a_screen_and_keeps_their_numbers) {
    add("A-1", {}).connected = false;
    add("B-1", {drm_mode(640, 480)});
    add("C-1", {drm_mode(640, 480)});
    using Names = std::vector<std::string>;
    EXPECT_EQ(connectors_in_order(resources, {}), (Names{"B-1", "C-1", "A-1"}));
    EXPECT_EQ(connectors_in_order(resources, {"C-1", "A-1"}), (Names{"C-1", "A-1", "B-1"}));
    EXPECT_EQ(connectors_in_order(resources, {"", "A-1"}), (Names{"B-1", "A-1", "C-1"}));
    EXPECT_EQ(connectors_in_order(resources, {"X-1", "A-1"}), (Names{"B-1", "A-1", "C-1"}));
    EXPECT_EQ(connectors_in_order({}, {"X-1"}), (Names{"X-1"}));
    EXPECT_EQ(connectors_in_order({}, {}), Names{});
}

TEST_F(AChoice, withstands_masks_that_name_crtcs_that_are_not_there) {
    resources.crtcs.clear();
    add("A-1", {drm_mode(640, 480)});
    EXPECT_TRUE(choose(resources, "", std::nullopt).heads.empty());
}

TEST_F(AChoice, uses_the_first_32_crtcs_which_is_how_many_the_kernels_masks_have) {
    resources.crtcs.clear();
    for (Id i = 0; i < 34; ++i) {
        resources.crtcs.push_back(11 + i);
        add("A-" + std::to_string(i), {drm_mode(640, 480)});
    }
    std::vector<std::pair<Id, Id>> found = heads(choose(resources, "", std::nullopt));
    ASSERT_EQ(found.size(), 32u);
    EXPECT_EQ(found.back(), (std::pair<Id, Id>{32, 42}));
}

TEST(AHead, is_another_where_its_connector_its_crtc_or_what_is_seen_of_its_mode_differs) {
    const Head head{1, 11, "A-1", drm_mode(800, 600)};
    const std::pair<const char*, void (*)(Head&)> changes[] = {
        {"connector", [](Head& other) { other.connector = 2; }},
        {"crtc", [](Head& other) { other.crtc = 12; }},
        {"width", [](Head& other) { other.mode.hdisplay = 801; }},
        {"height", [](Head& other) { other.mode.vdisplay = 601; }},
        {"clock", [](Head& other) { other.mode.clock += 1; }},
        {"refresh rate", [](Head& other) { other.mode.vrefresh = 61; }},
        {"flags", [](Head& other) { other.mode.flags |= DRM_MODE_FLAG_INTERLACE; }},
    };
    for (const auto& [what, change] : changes) {
        Head other = head;
        change(other);
        EXPECT_FALSE(other == head) << what;
    }
    Head same = head;
    same.mode.type |= DRM_MODE_TYPE_PREFERRED;
    EXPECT_TRUE(same == head);
}

}  // namespace
}  // namespace hvfbd::drm
