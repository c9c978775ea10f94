// What the Hyper-V output leaves for the next process: it comes back as it was written, and nothing else
// does.
#include "output/hyperv/saved_output.h"

#include <gtest/gtest.h>

namespace hvfbd::hyperv {
namespace {

SavedOutput some_output() {
    SavedOutput saved;
    saved.connection = 3;
    saved.descriptors = 6;
    saved.device = "/run/uio\nhvfbd-simulated-uio 1\n";
    saved.vram_address = 0xf8000000;
    saved.vram_size = 8 << 20;
    saved.session.version = synthvid::version_3_5;
    saved.session.mode = {1024, 768};
    saved.session.modes = {{1024, 768}, {640, 480}};
    saved.session.preferred = Mode{1024, 768};
    saved.session.features = synthvid::FeatureChange{true, false, true, false};
    saved.session.wanted = 32;
    return saved;
}

bool comes_back(const SavedOutput& saved) {
    std::string bytes = encode_saved_output(saved);
    auto decoded = decode_saved_output(bytes);
    return decoded && encode_saved_output(*decoded) == bytes;
}

TEST(SavedOutput, comes_back_as_it_was_written_and_nothing_else_does) {
    SavedOutput saved = some_output();
    std::string bytes = encode_saved_output(saved);
    auto decoded = decode_saved_output(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_saved_output(*decoded), bytes);
    EXPECT_EQ(decoded->connection, 3u);
    EXPECT_EQ(decoded->descriptors, 6u);
    EXPECT_EQ(decoded->device, saved.device);
    EXPECT_EQ(decoded->vram_address, saved.vram_address);
    EXPECT_EQ(decoded->vram_size, saved.vram_size);
    EXPECT_EQ(decoded->session.modes, saved.session.modes);
    EXPECT_EQ(decoded->session.preferred, saved.session.preferred);
    EXPECT_EQ(decoded->session.chosen, std::nullopt);
    EXPECT_TRUE(decoded->session.features->pointer_shape);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_saved_output(bytes.substr(0, size)));
    EXPECT_FALSE(decode_saved_output(bytes + '\0')) << "something follows it";
}

TEST(SavedOutput, of_a_device_that_is_not_open_is_the_number_of_its_connection_alone) {
    SavedOutput saved = some_output();
    saved.descriptors = 0;
    std::string bytes = encode_saved_output(saved);
    EXPECT_EQ(bytes.size(), sizeof(std::uint64_t) + sizeof(std::uint32_t));
    auto decoded = decode_saved_output(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->connection, 3u);
    EXPECT_EQ(decoded->device, "");
    saved.descriptors = 1;
    decoded = decode_saved_output(encode_saved_output(saved));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->device, saved.device);
}

TEST(SavedOutput, with_a_mode_that_no_picture_has_is_refused) {
    const struct {
        Mode mode;
        bool sound;
    } cases[] = {
        {{1, 1}, true},    {{16384, 16384}, true}, {{0, 480}, false},
        {{640, 0}, false}, {{16385, 480}, false},  {{640, 16385}, false},
    };
    for (const auto& [mode, sound] : cases) {
        SavedOutput shown = some_output(), chosen = some_output(), preferred = some_output(),
                    listed = some_output();
        shown.session.mode = mode;
        chosen.session.chosen = mode;
        preferred.session.preferred = mode;
        listed.session.modes.push_back(mode);
        for (const SavedOutput& saved : {shown, chosen, preferred, listed})
            EXPECT_EQ(comes_back(saved), sound) << mode.width << "x" << mode.height;
    }
}

TEST(SavedOutput, with_more_of_something_than_there_can_be_is_refused) {
    SavedOutput most = some_output();
    most.descriptors = 32;
    most.device = std::string(4096, 'x');
    most.session.modes.resize(65, Mode{640, 480});
    EXPECT_TRUE(comes_back(most));
    SavedOutput descriptors = most, device = most, modes = most;
    descriptors.descriptors = 33;
    device.device += 'x';
    modes.session.modes.push_back({640, 480});
    for (const SavedOutput& more : {descriptors, device, modes}) EXPECT_FALSE(comes_back(more));
}

TEST(SavedOutput, has_each_flag_at_its_place) {
    for (unsigned flag = 0; flag < 7; ++flag) {
        SavedOutput saved = some_output();
        saved.session.features.emplace();
        bool* flags[] = {&saved.session.acknowledges,
                         &saved.session.tolerates_silence,
                         &saved.session.owed,
                         &saved.session.features->dirt,
                         &saved.session.features->pointer_position,
                         &saved.session.features->pointer_shape,
                         &saved.session.features->situation};
        *flags[flag] = true;
        auto decoded = decode_saved_output(encode_saved_output(saved));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->session.acknowledges, flag == 0);
        EXPECT_EQ(decoded->session.tolerates_silence, flag == 1);
        EXPECT_EQ(decoded->session.owed, flag == 2);
        EXPECT_EQ(decoded->session.features->dirt, flag == 3);
        EXPECT_EQ(decoded->session.features->pointer_position, flag == 4);
        EXPECT_EQ(decoded->session.features->pointer_shape, flag == 5);
        EXPECT_EQ(decoded->session.features->situation, flag == 6);
    }
}

}  // namespace
}  // namespace hvfbd::hyperv
