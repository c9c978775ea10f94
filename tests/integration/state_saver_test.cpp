// What is kept for the next process, in a manager's store: when it goes in, when it leaves, and what a
// strange state does.
#include "restart/state_saver.h"

#include <cstdlib>
#include <filesystem>

#include "display_fixture.h"
#include "fakes/service_manager.h"

namespace hvfbd::testing {
namespace {

class AKeeper : public PipelineFixture {
  protected:
    AKeeper() { ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1); }
    ~AKeeper() override { ::unsetenv("NOTIFY_SOCKET"); }

    std::size_t stored() {
        manager.listen();
        return manager.stored();
    }

    ServiceManager manager;
    DisplaySettings configured;
};

TEST_F(AKeeper, stores_what_a_client_holds_and_removes_it_when_it_is_closed) {
    DescriptorStore store(true, {});
    StateSaver keeper(store);
    EXPECT_FALSE(keeper.inherit().state);
    keeper.begin({&*display}, configured);
    EXPECT_EQ(stored(), 1u) << "the state";
    auto client = open_explicit();
    keeper.save();
    EXPECT_EQ(stored(), 3u) << "and the buffer, and the channel";
    keeper.save();
    keeper.save();
    EXPECT_EQ(stored(), 3u);
    client.hang_up();
    ASSERT_TRUE(turn_until([&] { return display->surfaces().all().empty(); }));
    keeper.save();
    EXPECT_EQ(stored(), 1u);
}

TEST_F(AKeeper, of_a_state_of_another_version_says_so_and_begins_anew) {
    {
        DescriptorStore store(true, {});
        StateSaver keeper(store);
        keeper.inherit();
        keeper.begin({&*display}, configured);
        auto client = open_explicit();
        keeper.save();
        EXPECT_EQ(stored(), 3u);
    }
    RestoredDescriptors restored = manager.hand_over();
    Descriptor state = restored.take("state");
    Mapping memory(state, state_memory_size, Mapping::Access::read_write);
    memory.bytes()[8] = std::byte{77};
    restored.add("state", std::move(state));
    DescriptorStore store(true, std::move(restored));
    StateSaver keeper(store);
    Decoded inherited = keeper.inherit();
    EXPECT_FALSE(inherited.state);
    EXPECT_NE(inherited.why.find("version 77"), std::string::npos) << inherited.why;
    FakeOutput fresh_output(layout_for({320, 200}));
    Display fresh(loop, fresh_output, DisplaySettings{}, report);
    keeper.begin({&fresh}, configured);
    EXPECT_EQ(stored(), 1u) << "its own state, and nothing of the other's";
    Descriptor mine = manager.hand_over().take("state");
    Mapping fresh_memory(mine, state_memory_size, Mapping::Access::read);
    EXPECT_TRUE(read_state(fresh_memory.bytes()).state);
}

TEST_F(AKeeper, without_a_manager_keeps_nothing) {
    DescriptorStore store;
    StateSaver keeper(store);
    keeper.inherit();
    keeper.begin({&*display}, configured);
    auto client = open_explicit();
    keeper.save();
    EXPECT_EQ(stored(), 0u);
}

TEST_F(AKeeper, leaves_out_a_surface_whose_descriptor_is_missing_and_goes_on_with_the_rest) {
    DescriptorStore store(true, {});
    StateSaver keeper(store);
    keeper.inherit();
    keeper.begin({&*display}, configured);
    auto first = open_explicit("first"), second = open_explicit("second");
    keeper.save();
    stored();
    RestoredDescriptors restored = manager.hand_over();
    restored.take("display0.surface1.channel1");
    DescriptorStore next_store(true, std::move(restored));
    StateSaver next(next_store);
    Decoded inherited = next.inherit();
    ASSERT_TRUE(inherited.state);
    FakeOutput next_output(layout_for({320, 200}));
    Display next_display(loop, next_output, DisplaySettings{}, report);
    RestoredDescriptors mine = next.restored_of(0);
    next_display.restore(inherited.state->displays.at(0), next.first_serial(), mine, loop.now());
    ASSERT_EQ(next_display.surfaces().all().size(), 1u);
    EXPECT_EQ(next_display.surfaces().all()[0]->name(), "second");
    EXPECT_EQ(next_display.surfaces().all()[0]->number(), 2u);
}

TEST_F(AKeeper,
       whose_manager_does_not_read_waits_for_nobody_and_writes_no_state_that_names_what_is_not_stored) {
    DescriptorStore store(true, {});
    NotifierPump pump(loop, store.notifier());
    StateSaver keeper(store);
    keeper.inherit();
    keeper.begin({&*display}, configured);
    auto first = open_explicit("first");
    ASSERT_TRUE(keeper.save());
    EXPECT_EQ(stored(), 3u);
    // Until its queue is full; it reads again at the very end.
    for (int i = 0; i < 1000; ++i) store.notifier().tell("STATUS=" + std::to_string(i));
    ASSERT_TRUE(store.notifier().waits());
    auto second = open_explicit("second");
    EXPECT_FALSE(keeper.save());
    EXPECT_FALSE(keeper.persist_before_acknowledge()) << "nobody may rely on it yet";
    first.hang_up();
    ASSERT_TRUE(turn_until([&] { return display->surfaces().all().size() == 1; }));
    EXPECT_FALSE(keeper.save());
    {
        // Were it to end now: the state that is there finds all that it names.
        RestoredDescriptors restored = manager.hand_over();
        Mapping memory(restored.take("state"), state_memory_size, Mapping::Access::read);
        Decoded decoded = read_state(memory.bytes());
        ASSERT_TRUE(decoded.state);
        ASSERT_EQ(decoded.state->displays.at(0).surfaces.size(), 1u);
        EXPECT_EQ(decoded.state->displays.at(0).surfaces[0].name, "first");
        EXPECT_EQ(restored.names().size(), 2u);
    }
    ASSERT_TRUE(turn_until([&] {
        manager.listen();
        return !store.notifier().waits();
    }));
    EXPECT_TRUE(keeper.save());
    EXPECT_EQ(stored(), 3u);
    RestoredDescriptors restored = manager.hand_over();
    Mapping memory(restored.take("state"), state_memory_size, Mapping::Access::read);
    EXPECT_EQ(read_state(memory.bytes()).state->displays.at(0).surfaces.at(0).name, "second");
}

TEST_F(AKeeper, whose_manager_never_reads_holds_no_more_descriptors_for_it_than_there_are) {
    DescriptorStore store(true, {});
    StateSaver keeper(store);
    keeper.inherit();
    keeper.begin({&*display}, configured);
    for (int i = 0; i < 1000; ++i) store.notifier().tell("STATUS=" + std::to_string(i));
    ASSERT_TRUE(store.notifier().waits());
    auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
    auto before = count();
    for (int i = 0; i < 100; ++i) {
        auto client = open_explicit();
        keeper.save();
        client.hang_up();
        ASSERT_TRUE(turn_until([&] { return display->surfaces().all().empty(); }));
        keeper.save();
    }
    // Another thread closes them: daemon/base/closing.h.
    EXPECT_TRUE(turn_until([&] { return count() <= before; })) << count() << " of " << before;
}

TEST_F(AKeeper, says_when_the_manager_has_room_for_less_than_there_is) {
    DescriptorStore store(true, {});
    StateSaver keeper(store);
    keeper.inherit();
    keeper.begin({&*display}, configured);
    store.set_most(3);
    auto first = open_explicit("first");
    keeper.save();
    EXPECT_FALSE(keeper.take_shortage());
    auto second = open_explicit("second");
    keeper.save();
    EXPECT_EQ(keeper.take_shortage(), 5u);
    EXPECT_FALSE(keeper.take_shortage()) << "once";
    store.set_most(64);
    manager.empty();
    keeper.store_again();
    EXPECT_EQ(stored(), 5u);
    EXPECT_FALSE(keeper.take_shortage());
}

TEST_F(AKeeper, under_a_manager_that_is_reached_otherwise_says_so_and_keeps_nothing) {
    for (const char* address : {"vsock:2:1234", "relative", "@", "/nowhere/at/all", ""}) {
        ::setenv("NOTIFY_SOCKET", address, 1);
        DescriptorStore store(true, {});
        EXPECT_FALSE(store.there()) << address;
        EXPECT_NE(store.take_problem().find("NOTIFY_SOCKET="), std::string::npos) << address;
        StateSaver keeper(store);
        keeper.inherit();
        keeper.begin({&*display}, configured);
        EXPECT_TRUE(keeper.save());
    }
}

TEST_F(AKeeper, says_once_that_there_is_more_than_fits_and_again_after_it_has_fitted) {
    DescriptorStore store(true, {});
    StateSaver keeper(store);
    keeper.inherit();
    std::vector<std::unique_ptr<FakeOutput>> outputs;
    std::vector<std::unique_ptr<Display>> displays;
    std::vector<const Display*> borrowed;
    for (std::size_t i = 0; i < 5; ++i) {
        outputs.push_back(std::make_unique<FakeOutput>(layout_for({16, 16})));
        displays.push_back(std::make_unique<Display>(loop, *outputs.back(), DisplaySettings{}, report));
        borrowed.push_back(&*displays.back());
    }
    keeper.begin(borrowed, configured);
    for (unsigned round = 0; round < 2; ++round) {
        EXPECT_FALSE(keeper.take_overflow());
        for (auto& output : outputs) output->set_kept(std::string(60'000, static_cast<char>('a' + round)));
        for (unsigned i = 0; i < 3; ++i) keeper.save();
        EXPECT_TRUE(keeper.take_overflow());
        keeper.save();
        EXPECT_FALSE(keeper.take_overflow());
        for (auto& output : outputs) output->set_kept("");
        keeper.save();
    }
}

}  // namespace
}  // namespace hvfbd::testing
