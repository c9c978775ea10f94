// The state that the daemon leaves for its next process: what is read is what was written, however it ended.
#include "restart/state.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "display/display_settings.h"
#include "rounds.h"
#include "state_samples.h"

namespace hvfbd {
namespace {

TEST(State, comes_back_as_it_was_written) {
    Decoded decoded = decode_state(encoded(some_state()));
    ASSERT_TRUE(decoded.state) << decoded.why;
    EXPECT_EQ(*decoded.state, some_state());
    EXPECT_EQ(decode_state(encoded({})).state, State());
}

TEST(State, is_cbor_as_another_writer_writes_it) {
    EXPECT_EQ(bytes_of(tree_of(some_state())), encoded(some_state()));
    State large = some_state();
    large.generation = (1U << 31) - 1;
    large.displays[0].frame = ~std::uint64_t{0};
    large.displays[0].output = std::string(300, '\xff');
    large.displays[0].surfaces[0].shadow = std::uint64_t{1} << 40;
    EXPECT_EQ(bytes_of(tree_of(large)), encoded(large));
    EXPECT_EQ(decode_state(encoded(large)).state, large);
    // Each width of a number, and its neighbours.
    for (unsigned bits : {0U, 3U, 5U, 8U, 16U, 32U, 63U}) {
        for (std::uint64_t below : {0U, 1U, 8U, 9U}) {
            large.displays[0].frame = (std::uint64_t{1} << bits) - below;
            EXPECT_EQ(bytes_of(tree_of(large)), encoded(large)) << large.displays[0].frame;
        }
    }
}

TEST(State, that_is_cut_off_or_goes_on_is_refused) {
    std::vector<std::byte> bytes = encoded(some_state());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_state(std::span(bytes).first(size)).state) << size;
    bytes.push_back(std::byte{});
    EXPECT_FALSE(decode_state(bytes).state);
}

// What a newer hvfbd may have written: see state_fields.h.
TEST(State, of_a_newer_daemon_is_restored_but_for_the_objects_that_are_not_known) {
    Json tree = tree_of(some_state());
    Json cursor = {{"version", 1}, {"x", 5}};
    tree["cursor"] = cursor;
    Json& display = tree["displays"][0];
    display["cursors"] = Json::array({cursor, 7, cursor});
    display["surfaces"].push_back(display["surfaces"][0]);
    display["surfaces"][2]["version"] = 2;
    display["surfaces"][2]["layout"] = "another meaning";
    display["viewers"].insert(display["viewers"].begin(), Json{{"version", 9}});
    Decoded read = decoded(tree);
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, some_state());
    EXPECT_EQ(read.passed_over, 5u) << "three cursors, a surface and a viewer";
}

TEST(State, with_fields_that_are_not_known_is_restored_without_them) {
    Json tree = tree_of(some_state());
    Json values = {
        true, nullptr, -5, 1.5, "text", Json::array({1, Json::array()}), {{"x", 1}}, Json::binary({1, 2})};
    auto add = [&](Json& map, const auto& self) -> void {
        for (auto& [name, value] : map.items())
            if (value.is_object()) self(value, self);
        for (const char* list : {"displays", "settings", "surfaces", "viewers"})
            if (map.contains(list))
                for (Json& item : map[list]) self(item, self);
        for (std::size_t i = 0; i < values.size(); ++i) map["unknown" + std::to_string(i)] = values[i];
    };
    add(tree, add);
    Decoded read = decoded(tree);
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, some_state());
    EXPECT_EQ(read.passed_over, 0u) << "fields are no objects";
}

TEST(State, whose_optional_fields_are_missing_has_their_defaults) {
    Json tree = {{"version", 1}, {"generation", 5}};
    EXPECT_EQ(decoded(tree).state, (State{5, {}}));
    Json surface = {{"version", 1},    {"number", 2},
                    {"uid", 1000},     {"layout", {{"width", 64}, {"height", 48}, {"stride", 256}}},
                    {"shadow", 4},     {"last_shadow", 4},
                    {"connection", 3}, {"keep", true}};
    Json viewer = {{"version", 1}, {"number", 1}, {"client", {{"bus_name", ":1.2"}, {"uid", 7}, {"pid", 8}}}};
    tree["displays"] = {{{"version", 1}},
                        {{"version", 1},
                         {"last_surface", 2},
                         {"last_viewer", 1},
                         {"surfaces", {surface}},
                         {"viewers", {viewer}}}};
    Decoded read = decoded(tree);
    ASSERT_TRUE(read.state) << read.why;
    State expected{5, std::vector<SavedDisplay>(2)};
    for (SavedDisplay& display : expected.displays) display.size = default_mode;
    SavedSurface& saved = expected.displays[1].surfaces.emplace_back();
    saved.number = 2;
    saved.uid = 1000;
    saved.layout = layout_for({64, 48}, 256);
    saved.shadow = saved.last_shadow = 4;
    saved.connection = 3;
    saved.keep = true;
    expected.displays[1].viewers = {{1, {":1.2", 7, 8, false}, false}};
    expected.displays[1].last_surface = 2;
    expected.displays[1].last_viewer = 1;
    EXPECT_EQ(*read.state, expected);
}

// Calls `act` with each map and the name of each of its fields.
template <typename Act>
void for_each_field(Json& tree, const Json& map, const Json::json_pointer& where, const Act& act) {
    for (const auto& [name, value] : map.items()) {
        act(where / name);
        if (value.is_object()) for_each_field(tree, value, where / name, act);
        for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
            for_each_field(tree, value[i], where / name / i, act);
    }
}

// Either it is refused and the sentence names the field, or it is a state like another.
TEST(State, with_a_field_that_is_missing_or_of_another_type_is_refused_by_name_or_sound) {
    State state = some_state();
    state.displays.pop_back();
    Json whole = tree_of(state);
    std::size_t fields = 0, refused = 0;
    for_each_field(whole, whole, Json::json_pointer(), [&](const Json::json_pointer& field) {
        ++fields;
        Json missing = whole;
        missing[field.parent_pointer()].erase(field.back());
        std::vector<Json> spoiled{missing};
        for (const Json& other :
             {Json(-1), Json(1.5), Json("text"), Json(true), Json(Json::array({3})), Json(nullptr),
              Json(Json::object()), Json(~std::uint64_t{0}), Json(Json::binary({1}))}) {
            spoiled.push_back(whole);
            spoiled.back()[field] = other;
        }
        for (std::size_t i = 0; i < spoiled.size(); ++i) {
            Decoded read = decoded(spoiled[i]);
            if (read.state) {
                EXPECT_EQ(decode_state(encoded(*read.state)).state, read.state) << field << ", " << i;
            } else {
                ++refused;
                EXPECT_EQ(read.why.rfind("it", 0), 0u) << field << ", " << i << ": " << read.why;
                EXPECT_GT(read.why.size(), std::strlen("it is damaged: ")) << field << ", " << i;
            }
        }
    });
    EXPECT_GT(fields, 60u);
    EXPECT_GT(refused, 7 * fields);
}

TEST(State, that_is_refused_says_which_field_it_was) {
    struct Case {
        const char* why;
        std::function<void(Json&)> spoil;
    };
    const auto surface = [](Json& tree) -> Json& { return tree["displays"][1]["surfaces"][0]; };
    for (const Case& example : {
             Case{"generation is missing", [](Json& tree) { tree.erase("generation"); }},
             Case{"version is missing", [](Json& tree) { tree.erase("version"); }},
             Case{"version is missing", [](Json& tree) { tree["version"] = "1"; }},
             Case{"version is missing", [](Json& tree) { tree = Json::array({tree}); }},
             Case{"displays is no list", [](Json& tree) { tree["displays"] = 1; }},
             Case{"displays[1].version is missing", [](Json& tree) { tree["displays"][1].erase("version"); }},
             Case{"displays[0].settings[1].version is missing",
                  [](Json& tree) { tree["displays"][0]["settings"][1] = 1; }},
             Case{"displays[0].mode is no map", [](Json& tree) { tree["displays"][0]["mode"] = 1; }},
             Case{"displays[0].output_state is no byte string",
                  [](Json& tree) { tree["displays"][0]["output_state"] = "text"; }},
             Case{"displays[1].surfaces[0].uid is missing", [&](Json& tree) { surface(tree).erase("uid"); }},
             Case{"displays[1].surfaces[0].uid is too large",
                  [&](Json& tree) { surface(tree)["uid"] = std::uint64_t{1} << 32; }},
             Case{"displays[1].surfaces[0].number is missing",
                  [&](Json& tree) {
                      surface(tree).erase("number");
                      surface(tree).erase("uid");
                  }},
             Case{"displays[1].surfaces[0].name is no text", [&](Json& tree) { surface(tree)["name"] = 1; }},
             Case{"displays[1].surfaces[0].keep is neither true nor false",
                  [&](Json& tree) { surface(tree)["keep"] = 1; }},
             Case{"displays[1].surfaces[0].layout is no map",
                  [&](Json& tree) { surface(tree)["layout"] = 1; }},
             Case{"displays[1].surfaces[0].layout.width is missing",
                  [&](Json& tree) { surface(tree)["layout"].erase("width"); }},
             Case{"displays[1].surfaces[0].layout is the layout of no buffer",
                  [&](Json& tree) { surface(tree)["layout"]["stride"] = 3; }},
             Case{"displays[0].viewers[0].client.pid is no unsigned number",
                  [](Json& tree) { tree["displays"][0]["viewers"][0]["client"]["pid"] = "12"; }},
             Case{"display0: surface 2 is there twice",
                  [](Json& tree) { tree["displays"][0]["surfaces"][1]["number"] = 2; }},
         }) {
        Json tree = tree_of(some_state());
        example.spoil(tree);
        Decoded read = decoded(tree);
        EXPECT_FALSE(read.state) << example.why;
        EXPECT_EQ(read.why, std::string("it is damaged: ") + example.why);
    }
    Json tree = tree_of(some_state());
    tree["version"] = 2;
    EXPECT_EQ(decoded(tree).why, "its objects have version 2, and this hvfbd reads version 1");
    // As many as there can be of its type.
    tree = tree_of(some_state());
    surface(tree)["uid"] = ~std::uint32_t{0};
    EXPECT_TRUE(decoded(tree).state);
}

TEST(State, is_encoded_in_place_of_what_was_there) {
    std::vector<std::byte> bytes = encoded(some_state(7));
    encode(some_state(), bytes);
    EXPECT_EQ(bytes, encoded(some_state()));
}

TEST(State, of_a_display_that_is_not_known_leaves_the_displays_behind_it_their_numbers) {
    State state = some_state();
    Json tree = tree_of(state);
    tree["displays"][0]["version"] = 9;
    Decoded read = decoded(tree);
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(read.passed_over, 1u);
    ASSERT_EQ(read.state->displays.size(), 2u);
    EXPECT_TRUE(read.state->displays[0].surfaces.empty());
    EXPECT_EQ(read.state->displays[1], state.displays[1]);
    EXPECT_EQ(decode_state(encoded(*read.state)).state, read.state);
}

// A library that recurses once a level has no stack left long before the end of it.
TEST(State, that_is_nested_as_deep_as_it_fits_is_refused) {
    for (std::vector<std::uint8_t> level : {std::vector<std::uint8_t>{0x81},
                                            {0x9f},
                                            {0x7f},
                                            {0x5f},
                                            {0xbf},
                                            {0xc6},
                                            {0xa1, 0x60},
                                            {0xbf, 0x60}}) {
        std::vector<std::byte> bytes;
        while (bytes.size() < state_slot_size - 64)
            for (std::uint8_t byte : level) bytes.push_back(std::byte{byte});
        Decoded read = decode_state(bytes);
        EXPECT_FALSE(read.state);
        EXPECT_FALSE(read.why.empty());
        // The same where a field that nobody knows is skipped.
        std::vector<std::byte> whole = bytes_of({{"version", 1}, {"generation", 5}, {"unknown", 0}});
        whole.pop_back();
        whole.insert(whole.end(), bytes.begin(), bytes.end() - 64);
        EXPECT_FALSE(decode_state(whole).state);
    }
    Json nested = 1;
    for (unsigned depth = 0; depth < 15; ++depth) nested = Json::array({nested});
    EXPECT_TRUE(decoded({{"version", 1}, {"generation", 5}, {"unknown", nested}}).state);
    EXPECT_FALSE(decoded({{"version", 1}, {"generation", 5}, {"unknown", Json::array({nested})}}).state);
}

TEST(State, that_promises_more_than_there_is_is_refused) {
    for (std::uint8_t type : std::array<std::uint8_t, 4>{0x40, 0x60, 0x80, 0xa0}) {
        for (std::uint64_t size : {std::uint64_t{1}, std::uint64_t{200}, std::uint64_t{1} << 31,
                                   std::uint64_t{1} << 62, ~std::uint64_t{0} >> 1, ~std::uint64_t{0}}) {
            std::vector<std::byte> bytes = bytes_of({{"version", 1}, {"generation", 5}, {"unknown", 0}});
            bytes.back() = std::byte{static_cast<std::uint8_t>(type | 27)};
            for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<std::byte>(size >> (56 - 8 * i)));
            EXPECT_FALSE(decode_state(bytes).state) << unsigned{type} << ", " << size;
        }
    }
}

TEST(DisplaySettings, says_what_differs_in_words_that_set_it_again) {
    DisplaySettings base, other;
    set(other, "RefreshLimit", "61");
    set(other, "RefreshMode", "periodic");
    set(other, "SettleDelayUSec", "17");
    set(other, "IdleTimeoutUSec", "18");
    set(other, "Tracking", "fault");
    set(other, "MaxRects", "3");
    set(other, "WhenHidden", "ignore");
    EXPECT_EQ(differences(base, other).size(), 7u);
    for (const auto& [name, value] : differences(base, other)) EXPECT_TRUE(set(base, name, value));
    EXPECT_EQ(base, other);
    EXPECT_TRUE(differences(base, other).empty());
}

}  // namespace
}  // namespace hvfbd
