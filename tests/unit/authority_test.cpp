#include "bus/authority.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hvfbd {
namespace {

constexpr gid_t video = 44, view = 55, other = 66, mode = 77;
const Authority authority{video, view, {}, {}};

template <typename Check>
std::string request_error(Check check) {
    try {
        check();
    } catch (const RequestError& caught) {
        EXPECT_EQ(caught.kind(), RequestError::Kind::access_denied);
        return caught.what();
    }
    return "";
}

TEST(Authority, lets_root_and_group_video_draw_and_says_how_to_become_one) {
    EXPECT_EQ(request_error([] { authority.check_open_surface({0, 1, {}}); }), "");
    EXPECT_EQ(request_error([] { authority.check_open_surface({1000, 1, {{other, video}}}); }), "");
    auto sentence = request_error([] { authority.check_open_surface({1000, 1, {{other, view}}}); });
    EXPECT_EQ(
        sentence,
        "only root and members of the group video may draw: sudo usermod -aG video $USER, then log in again");
}

TEST(Authority, lets_root_and_group_hvfbd_view_look) {
    EXPECT_EQ(request_error([] { authority.check_view({0, 1, {}}); }), "");
    EXPECT_EQ(request_error([] { authority.check_view({1000, 1, {{view}}}); }), "");
    EXPECT_NE(request_error([] { authority.check_view({1000, 1, {{video}}}); }), "");
}

TEST(Authority, grants_nothing_by_groups_that_do_not_exist) {
    Authority nobody;
    EXPECT_NE(request_error([&] { nobody.check_open_surface({1000, 1, {{0, video}}}); }), "");
    EXPECT_EQ(request_error([&] { nobody.check_open_surface({0, 1, {}}); }), "");
}

TEST(Authority, knows_one_group_among_very_many) {
    std::vector<gid_t> groups(65536, other);
    EXPECT_NE(request_error([&] { authority.check_open_surface({1000, 1, groups}); }), "");
    groups.back() = video;
    EXPECT_EQ(request_error([&] { authority.check_open_surface({1000, 1, groups}); }), "");
}

TEST(Authority, grants_nothing_but_to_root_where_the_bus_does_not_say_the_groups_and_says_so) {
    for (auto check : {&Authority::check_open_surface, &Authority::check_view}) {
        EXPECT_EQ(request_error([&] { (authority.*check)({0, 1, std::nullopt}); }), "");
        auto sentence = request_error([&] { (authority.*check)({1000, 1, std::nullopt}); });
        EXPECT_NE(sentence.find("UnixGroupIDs"), std::string::npos);
    }
}

TEST(Authority, lets_who_runs_it_on_a_bus_of_ones_own_do_what_root_may_and_nobody_else) {
    const Authority own{video, view, {}, 1000};
    for (auto check : {&Authority::check_open_surface, &Authority::check_view}) {
        EXPECT_EQ(request_error([&] { (own.*check)({1000, 1, std::nullopt}); }), "");
        EXPECT_NE(request_error([&] { (own.*check)({1001, 1, {{other}}}); }), "");
    }
    EXPECT_EQ(request_error([&] { own.check_tune(1000, "tune", "set"); }), "");
    EXPECT_NE(request_error([&] { own.check_tune(1001, "tune", "set"); }), "");
    EXPECT_EQ(request_error([&] { own.check_control(1000, 1001, "close surface1", "close 1"); }), "");
    EXPECT_NE(request_error([&] { own.check_control(1001, 1000, "close surface1", "close 1"); }), "");
}

TEST(Authority, lets_only_root_tune_and_names_the_command) {
    const auto tune = [](uid_t uid) {
        return request_error(
            [&] { authority.check_tune(uid, "change RefreshLimit", "hvfbctl set RefreshLimit 30"); });
    };
    EXPECT_EQ(tune(0), "");
    EXPECT_EQ(tune(1000), "only root may change RefreshLimit: sudo hvfbctl set RefreshLimit 30");
}

TEST(Authority, lets_root_choose_the_mode_and_a_group_where_an_administrator_made_it) {
    const auto choose = [](const Authority& by, const Credentials& who) {
        return request_error([&] { by.check_set_mode(who, "hvfbctl mode 800x600"); });
    };
    EXPECT_EQ(choose(authority, {0, 1, {}}), "");
    EXPECT_EQ(choose(authority, {1000, 1, {{video, view, mode}}}),
              "only root may change the mode: sudo hvfbctl mode 800x600");
    const Authority with{video, view, mode, {}};
    EXPECT_EQ(choose(with, {1000, 1, {{mode}}}), "");
    EXPECT_NE(choose(with, {1000, 1, {{video, view}}}), "");
    EXPECT_NE(choose(with, {1000, 1, std::nullopt}), "");
}

TEST(Authority, lets_a_surfaces_user_and_root_control_it) {
    const auto close_it = [](uid_t uid) {
        return request_error(
            [&] { authority.check_control(uid, 1000, "close surface3", "hvfbctl close 3"); });
    };
    EXPECT_EQ(close_it(0), "");
    EXPECT_EQ(close_it(1000), "");
    EXPECT_EQ(close_it(1001),
              "only root and the user who opened it (uid 1000) may close surface3: sudo hvfbctl close 3");
}

}  // namespace
}  // namespace hvfbd
