#include <thread>

#include "base/file_reading.h"

#include "binding_guest.h"

namespace hvfbd {
namespace {

namespace fs = std::filesystem;
using testing::failure;
using testing::FakeVmbus;
using testing::holds;

TEST(StateFile, holds_what_was_saved) {
    FakeVmbus guest;
    const StateFile file(guest.root() / "run/hvfbd/binding");
    EXPECT_EQ(file.load(), std::nullopt);
    const BindingState bare = {"a", std::nullopt, std::nullopt, false, {}};
    const BindingState full = {
        "b", "hyperv_drm", "hyperv_fb", true, {{"simple-framebuffer.0", "simple-framebuffer"}}};
    for (const BindingState& state : {full, bare, full}) {
        file.save(state);
        EXPECT_EQ(file.load(), state);
    }
    file.remove();
    EXPECT_EQ(file.load(), std::nullopt);
    file.remove();
}

TEST(MachineControls, write_what_they_are_told_and_say_what_they_cannot) {
    FakeVmbus guest;
    guest.put("file", "much longer than what replaces it");
    MachineControls controls(false);
    controls.write(guest.root() / "file", "short");
    EXPECT_EQ(first_line_if_there(guest.root() / "file"), "short");
    const auto sentence = failure([&] { controls.write(guest.root() / "nothing", "text\n"); });
    EXPECT_TRUE(holds(sentence, "write text to") && holds(sentence, "/nothing")) << sentence;
    EXPECT_FALSE(fs::exists(guest.root() / "nothing"));
}

TEST(MachineControls, wait_for_a_file_that_comes_later) {
    FakeVmbus guest;
    MachineControls controls(false);
    std::thread kernel([&] { guest.put("dev/uio0", ""); });
    EXPECT_TRUE(controls.wait_for(guest.root() / "dev/uio0"));
    kernel.join();
    EXPECT_TRUE(controls.wait_for(guest.root() / "dev/uio0"));
}

}  // namespace
}  // namespace hvfbd
