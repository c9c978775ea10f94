// Which states are sound: what a process of the daemon restores is what one could have left.
#include "restart/state_rules.h"

#include <gtest/gtest.h>

#include <functional>

namespace hvfbd {
namespace {

// Surface 2 has no client and is kept; surface 7 is drawn by one, which has an offer that replaced another.
SavedDisplay sound_display() {
    SavedDisplay display = new_display();
    display.settings = {{"RefreshLimit", "60"}};
    display.mode = Mode{1280, 720};
    display.last_surface = 7;
    display.last_viewer = 3;
    SavedSurface kept;
    kept.number = 2;
    kept.keep = true;
    kept.layout = layout_for({1280, 720}, 6000);
    kept.shadow = 4;
    SavedSurface drawn = kept;
    drawn.number = 7;
    drawn.keep = false;
    drawn.client = SavedClient{":1.42", 1000, 4711, true};
    drawn.offer = SavedOffer{9, layout_for({640, 480})};
    drawn.replaced = SavedOffer{8, layout_for({800, 600})};
    drawn.frame = 17;
    display.surfaces = {kept, drawn};
    display.viewers = {{3, {":1.43", 0, 99, false}, true}};
    return display;
}

constexpr const char* sound = "";

struct Case {
    const char* why;
    std::function<void(SavedDisplay&)> change;
};

void check(std::initializer_list<Case> cases) {
    std::size_t number = 0;
    for (const Case& example : cases) {
        State state{5, {sound_display(), sound_display()}};
        example.change(state.displays[1]);
        const std::string why = *example.why ? std::string("display1: ") + example.why : std::string();
        EXPECT_EQ(why_unsound(state), why) << "case " << number;
        ++number;
    }
}

std::string letters(std::size_t count) {
    return std::string(count, 'x');
}

TEST(StateRules, a_state_that_a_process_could_leave_is_sound) {
    EXPECT_EQ(why_unsound(State()), sound);
    check({{sound, [](SavedDisplay&) {}}, {sound, [](SavedDisplay& display) { display = new_display(); }}});
    EXPECT_EQ(new_display().size, default_mode);
}

TEST(StateRules, a_generation_leaves_room_for_its_serials) {
    EXPECT_EQ(why_unsound(State{(std::uint64_t{1} << 31) - 1, {}}), sound);
    for (std::uint64_t generation : {std::uint64_t{1} << 31, ~std::uint64_t{0}})
        EXPECT_EQ(why_unsound(State{generation, {}}), "its generation is too large");
}

TEST(StateRules, there_are_no_more_displays_settings_surfaces_and_viewers_than_there_can_be) {
    State state{5, std::vector<SavedDisplay>(64, new_display())};
    EXPECT_EQ(why_unsound(state), sound);
    state.displays.push_back(new_display());
    EXPECT_EQ(why_unsound(state), "it has more displays than there can be");

    const auto surfaces = [](SavedDisplay& display, SurfaceNumber count) {
        for (SurfaceNumber number = 8; display.surfaces.size() < count; ++number) {
            display.surfaces.push_back(display.surfaces[0]);
            display.surfaces.back().number = display.last_surface = number;
        }
    };
    const auto viewers = [](SavedDisplay& display, unsigned count) {
        for (unsigned number = 4; display.viewers.size() < count; ++number) {
            display.viewers.push_back(display.viewers[0]);
            display.viewers.back().number = display.last_viewer = number;
        }
    };
    constexpr const char* more = "it has more settings, surfaces or viewers than there can be";
    check({{sound, [](SavedDisplay& display) { display.settings.resize(64); }},
           {more, [](SavedDisplay& display) { display.settings.resize(65); }},
           {sound, [&](SavedDisplay& display) { surfaces(display, 4096); }},
           {more, [&](SavedDisplay& display) { surfaces(display, 4097); }},
           {sound, [&](SavedDisplay& display) { viewers(display, 4096); }},
           {more, [&](SavedDisplay& display) { viewers(display, 4097); }}});
}

TEST(StateRules, no_text_is_longer_than_one_that_was_set_can_be) {
    constexpr const char* setting = "a setting is too long";
    constexpr const char* output = "what its output saved is too long";
    check({{sound,
            [](SavedDisplay& display) {
                display.settings[0] = {letters(64), letters(64)};
            }},
           {setting, [](SavedDisplay& display) { display.settings[0].first = letters(65); }},
           {setting, [](SavedDisplay& display) { display.settings[0].second = letters(65); }},
           {setting, [](SavedDisplay& display) { display.settings.emplace_back("x", letters(65)); }},
           {sound,
            [](SavedDisplay& display) {
                display.output = letters(65536);
                display.output_name = letters(64);
            }},
           {output, [](SavedDisplay& display) { display.output = letters(65537); }},
           {output, [](SavedDisplay& display) { display.output_name = letters(65); }},
           {sound, [](SavedDisplay& display) { display.surfaces[0].name = letters(64); }},
           {"surface 2: its name is too long",
            [](SavedDisplay& display) { display.surfaces[0].name = letters(65); }}});
}

TEST(StateRules, a_client_is_one_that_the_bus_and_the_kernel_can_have) {
    check({{sound,
            [](SavedDisplay& display) {
                for (SavedClient* client : {&*display.surfaces[1].client, &display.viewers[0].client}) {
                    client->bus_name = letters(255);
                    client->pid = 0x40000000;
                }
            }},
           {"surface 7: its client's bus name is too long",
            [](SavedDisplay& display) { display.surfaces[1].client->bus_name = letters(256); }},
           {"viewer 3: its client's bus name is too long",
            [](SavedDisplay& display) { display.viewers[0].client.bus_name = letters(256); }},
           {"surface 7: its client's pid is too large",
            [](SavedDisplay& display) { display.surfaces[1].client->pid = 0x40000001; }},
           {"viewer 3: its client's pid is too large",
            [](SavedDisplay& display) { display.viewers[0].client.pid = 0xffffffff; }}});
}

TEST(StateRules, each_number_was_given_and_is_there_once) {
    check({{"surface 0 has a number that was never given",
            [](SavedDisplay& display) { display.surfaces[0].number = 0; }},
           {"surface 8 has a number that was never given",
            [](SavedDisplay& display) { display.surfaces[0].number = 8; }},
           {"surface 7 is there twice", [](SavedDisplay& display) { display.surfaces[0].number = 7; }},
           {sound, [](SavedDisplay& display) { display.viewers[0].number = 1; }},
           {"viewer 0 has a number that was never given",
            [](SavedDisplay& display) { display.viewers[0].number = 0; }},
           {"viewer 4 has a number that was never given",
            [](SavedDisplay& display) { display.viewers[0].number = 4; }},
           {"viewer 3 is there twice",
            [](SavedDisplay& display) { display.viewers.push_back(display.viewers[0]); }}});
}

TEST(StateRules, each_mode_and_layout_is_one_that_a_buffer_can_have) {
    constexpr const char* mode = "it has a mode that no output has";
    constexpr const char* layout = "surface 7: it has a layout that no buffer has";
    check({{sound, [](SavedDisplay& display) { display.mode.reset(); }},
           {mode,
            [](SavedDisplay& display) {
                display.mode = Mode{0, 5};
            }},
           {mode,
            [](SavedDisplay& display) {
                display.size = Mode{5, 0};
            }},
           {mode,
            [](SavedDisplay& display) {
                display.size = Mode{max_extent + 1, 5};
            }},
           {layout, [](SavedDisplay& display) { display.surfaces[1].layout.stride = 0; }},
           {layout, [](SavedDisplay& display) { display.surfaces[1].layout.size += 1; }},
           {layout, [](SavedDisplay& display) { display.surfaces[1].offer->layout.height = 0; }},
           {layout, [](SavedDisplay& display) { display.surfaces[1].replaced->layout.stride = 3; }}});
    EXPECT_EQ(saved_layout(64, 48, 256), layout_for({64, 48}, 256));
    EXPECT_EQ(saved_layout(64, 48, 0), std::nullopt) << "a layout that was made has a stride";
    EXPECT_EQ(saved_layout(64, 48, 255), std::nullopt);
}

TEST(StateRules, a_surface_has_somebody_who_draws_it_or_was_to_stay) {
    check({{sound, [](SavedDisplay& display) { display.surfaces[1].keep = true; }},
           {"surface 2: it has no client and was not to stay without one",
            [](SavedDisplay& display) { display.surfaces[0].keep = false; }},
           {"surface 2: it has an offer and no client to answer it",
            [](SavedDisplay& display) { display.surfaces[0].offer = display.surfaces[1].offer; }},
           {"surface 2: it has a frame to answer and no client that asked for it",
            [](SavedDisplay& display) { display.surfaces[0].frame = 1; }},
           {sound, [](SavedDisplay& display) { display.surfaces[1].frame.reset(); }}});
}

TEST(StateRules, an_offer_and_the_one_that_it_replaced_are_buffers_of_their_own) {
    constexpr const char* another =
        "surface 7: its replaced offer is another buffer's, or was replaced by none";
    check({{sound, [](SavedDisplay& display) { display.surfaces[1].replaced.reset(); }},
           {sound,
            [](SavedDisplay& display) {
                display.surfaces[1].replaced.reset();
                display.surfaces[1].offer.reset();
            }},
           {"surface 7: its offer is the buffer that it has",
            [](SavedDisplay& display) { display.surfaces[1].offer->serial = 4; }},
           {another, [](SavedDisplay& display) { display.surfaces[1].offer.reset(); }},
           {another, [](SavedDisplay& display) { display.surfaces[1].replaced->serial = 4; }},
           {another, [](SavedDisplay& display) { display.surfaces[1].replaced->serial = 9; }}});
}

}  // namespace
}  // namespace hvfbd
