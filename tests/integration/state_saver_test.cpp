// What is stored for the next process, in a manager's store: when it goes in, when it leaves, and what a
// strange state does.
#include "restart/state_saver.h"

#include <cstdlib>
#include <filesystem>

#include "display_fixture.h"
#include "fakes/service_manager.h"

namespace hvfbd::testing {
namespace {

class AStateSaver : public DisplayFixture {
  protected:
    AStateSaver() { ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1); }
    ~AStateSaver() override { ::unsetenv("NOTIFY_SOCKET"); }

    std::size_t stored() {
        manager.listen();
        return manager.stored();
    }

    ServiceManager manager;
    DisplaySettings configured;
};

TEST_F(AStateSaver, stores_what_a_client_holds_and_removes_it_when_it_is_closed) {
    DescriptorStore store(true, {});
    StateSaver saver(store);
    EXPECT_FALSE(saver.restore().state);
    saver.begin({&*display}, configured);
    EXPECT_EQ(stored(), 1u) << "the state";
    auto client = open_explicit();
    saver.save();
    EXPECT_EQ(stored(), 3u) << "and the buffer, and the channel";
    saver.save();
    saver.save();
    EXPECT_EQ(stored(), 3u);
    client.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().all().empty(); }));
    saver.save();
    EXPECT_EQ(stored(), 1u);
}

TEST_F(AStateSaver, of_a_state_of_another_version_says_so_and_begins_anew) {
    {
        DescriptorStore store(true, {});
        StateSaver saver(store);
        saver.restore();
        saver.begin({&*display}, configured);
        auto client = open_explicit();
        saver.save();
        EXPECT_EQ(stored(), 3u);
    }
    RestoredDescriptors restored = manager.take_stored();
    Descriptor state = restored.take("state");
    Mapping memory(state, state_memory_size, Mapping::Access::read_write);
    memory.bytes()[8] = std::byte{77};
    restored.add("state", std::move(state));
    DescriptorStore store(true, std::move(restored));
    StateSaver saver(store);
    Decoded before = saver.restore();
    EXPECT_FALSE(before.state);
    EXPECT_NE(before.why.find("version 77"), std::string::npos) << before.why;
    FakeOutput fresh_output(layout_for({320, 200}));
    Display fresh(loop, fresh_output, DisplaySettings{}, observer);
    saver.begin({&fresh}, configured);
    EXPECT_EQ(stored(), 1u) << "its own state, and nothing of the other's";
    Descriptor mine = manager.take_stored().take("state");
    Mapping fresh_memory(mine, state_memory_size, Mapping::Access::read);
    EXPECT_TRUE(read_state(fresh_memory.bytes()).state);
}

TEST_F(AStateSaver, without_a_manager_stores_nothing) {
    DescriptorStore store;
    StateSaver saver(store);
    saver.restore();
    saver.begin({&*display}, configured);
    auto client = open_explicit();
    saver.save();
    EXPECT_EQ(stored(), 0u);
}

TEST_F(AStateSaver, leaves_out_a_surface_whose_descriptor_is_not_there_and_restores_the_rest) {
    DescriptorStore store(true, {});
    StateSaver saver(store);
    saver.restore();
    saver.begin({&*display}, configured);
    auto first = open_explicit("first"), second = open_explicit("second");
    saver.save();
    stored();
    RestoredDescriptors restored = manager.take_stored();
    restored.take("display0.surface1.channel1");
    DescriptorStore next_store(true, std::move(restored));
    StateSaver next(next_store);
    Decoded before = next.restore();
    ASSERT_TRUE(before.state);
    FakeOutput next_output(layout_for({320, 200}));
    Display next_display(loop, next_output, DisplaySettings{}, observer);
    RestoredDescriptors mine = next.restored_of(0);
    next_display.restore(before.state->displays.at(0), next.first_serial(), mine, loop.now());
    ASSERT_EQ(next_display.surfaces().all().size(), 1u);
    EXPECT_EQ(next_display.surfaces().all()[0]->name(), "second");
    EXPECT_EQ(next_display.surfaces().all()[0]->number(), 2u);
}

TEST_F(AStateSaver,
       whose_manager_does_not_read_waits_for_nobody_and_writes_no_state_that_names_what_is_not_stored) {
    DescriptorStore store(true, {});
    NotifierPump pump(loop, store.notifier());
    StateSaver saver(store);
    saver.restore();
    saver.begin({&*display}, configured);
    auto first = open_explicit("first");
    ASSERT_TRUE(saver.save());
    EXPECT_EQ(stored(), 3u);
    // Until its queue is full; it reads again at the very end.
    for (int i = 0; i < 1000; ++i) store.notifier().notify("STATUS=" + std::to_string(i));
    ASSERT_TRUE(store.notifier().waits());
    auto second = open_explicit("second");
    EXPECT_FALSE(saver.save());
    EXPECT_FALSE(saver.persist_before_acknowledge()) << "nothing may be acknowledged yet";
    first.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().all().size() == 1; }));
    EXPECT_FALSE(saver.save());
    {
        // Were it to end now: the state that is there finds all that it names.
        RestoredDescriptors restored = manager.take_stored();
        Mapping memory(restored.take("state"), state_memory_size, Mapping::Access::read);
        Decoded decoded = read_state(memory.bytes());
        ASSERT_TRUE(decoded.state);
        ASSERT_EQ(decoded.state->displays.at(0).surfaces.size(), 1u);
        EXPECT_EQ(decoded.state->displays.at(0).surfaces[0].name, "first");
        EXPECT_EQ(restored.names().size(), 2u);
    }
    ASSERT_TRUE(dispatch_until([&] {
        manager.listen();
        return !store.notifier().waits();
    }));
    EXPECT_TRUE(saver.save());
    EXPECT_EQ(stored(), 3u);
    RestoredDescriptors restored = manager.take_stored();
    Mapping memory(restored.take("state"), state_memory_size, Mapping::Access::read);
    EXPECT_EQ(read_state(memory.bytes()).state->displays.at(0).surfaces.at(0).name, "second");
}

TEST_F(AStateSaver, whose_manager_never_reads_holds_no_more_descriptors_for_it_than_there_are) {
    DescriptorStore store(true, {});
    StateSaver saver(store);
    saver.restore();
    saver.begin({&*display}, configured);
    for (int i = 0; i < 1000; ++i) store.notifier().notify("STATUS=" + std::to_string(i));
    ASSERT_TRUE(store.notifier().waits());
    auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
    auto before = count();
    for (int i = 0; i < 100; ++i) {
        auto client = open_explicit();
        saver.save();
        client.hang_up();
        ASSERT_TRUE(dispatch_until([&] { return display->surfaces().all().empty(); }));
        saver.save();
    }
    // Another thread closes them: daemon/base/closing.h.
    EXPECT_TRUE(dispatch_until([&] { return count() <= before; })) << count() << " of " << before;
}

TEST_F(AStateSaver, says_when_the_manager_has_room_for_less_than_there_is) {
    DescriptorStore store(true, {});
    StateSaver saver(store);
    saver.restore();
    saver.begin({&*display}, configured);
    store.set_most(3);
    auto first = open_explicit("first");
    saver.save();
    EXPECT_FALSE(saver.take_shortage());
    auto second = open_explicit("second");
    saver.save();
    EXPECT_EQ(saver.take_shortage(), 5u);
    EXPECT_FALSE(saver.take_shortage()) << "once";
    store.set_most(64);
    manager.empty();
    saver.store_again();
    EXPECT_EQ(stored(), 5u);
    EXPECT_FALSE(saver.take_shortage());
}

TEST_F(AStateSaver, under_a_manager_that_is_reached_otherwise_says_so_and_stores_nothing) {
    for (const char* address : {"vsock:2:1234", "relative", "@", "/nowhere/at/all", ""}) {
        ::setenv("NOTIFY_SOCKET", address, 1);
        DescriptorStore store(true, {});
        EXPECT_FALSE(store.there()) << address;
        EXPECT_NE(store.take_problem().find("NOTIFY_SOCKET="), std::string::npos) << address;
        StateSaver saver(store);
        saver.restore();
        saver.begin({&*display}, configured);
        EXPECT_TRUE(saver.save());
    }
}

TEST_F(AStateSaver, says_once_that_there_is_more_than_fits_and_again_after_it_has_fitted) {
    DescriptorStore store(true, {});
    StateSaver saver(store);
    saver.restore();
    std::vector<std::unique_ptr<FakeOutput>> outputs;
    std::vector<std::unique_ptr<Display>> displays;
    std::vector<const Display*> borrowed;
    for (std::size_t i = 0; i < 5; ++i) {
        outputs.push_back(std::make_unique<FakeOutput>(layout_for({16, 16})));
        displays.push_back(std::make_unique<Display>(loop, *outputs.back(), DisplaySettings{}, observer));
        borrowed.push_back(&*displays.back());
    }
    saver.begin(borrowed, configured);
    for (unsigned round = 0; round < 2; ++round) {
        EXPECT_FALSE(saver.take_overflow());
        for (auto& output : outputs) output->set_saved(std::string(60'000, static_cast<char>('a' + round)));
        for (unsigned i = 0; i < 3; ++i) saver.save();
        EXPECT_TRUE(saver.take_overflow());
        saver.save();
        EXPECT_FALSE(saver.take_overflow());
        for (auto& output : outputs) output->set_saved("");
        saver.save();
    }
}

}  // namespace
}  // namespace hvfbd::testing
