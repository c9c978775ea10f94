// The order in which a process of the daemon begins and ends, without a bus.
#include "daemon.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "dispatching.h"
#include "fakes/fake_output.h"
#include "fakes/service_manager.h"
#include "raw_client.h"

namespace hvfbd::testing {
namespace {

class ADaemon : public ::testing::Test {
  protected:
    explicit ADaemon(DisplaySettings::RefreshMode refresh_mode = DisplaySettings::RefreshMode::on_demand) {
        ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1);
        configuration.display.refresh_mode = refresh_mode;
        begin(daemon);
    }
    ~ADaemon() override { ::unsetenv("NOTIFY_SOCKET"); }

    // With what the manager's store holds.
    void begin(std::optional<Daemon>& process) {
        manager.listen();
        process.emplace(configuration, DescriptorStore(true, manager.take_stored()),
                        Daemon::Parts{[](EventLoop&, std::span<const RestoredOutput>) {
                                          auto outputs = std::make_unique<SeparateOutputs>();
                                          outputs->add(std::make_unique<FakeOutput>(layout_for({64, 32})));
                                          return outputs;
                                      },
                                      [](std::size_t, bool) { return std::make_unique<Observer>(); }});
    }
    static std::uint64_t frame_of(const Daemon& process) { return process.displays()[0]->save({}).frame; }
    std::uint64_t saved_frame() {
        manager.listen();
        Descriptor state = manager.take_stored().take("state");
        Mapping memory(state, state_memory_size, Mapping::Access::read);
        return read_state(memory.bytes()).state->displays.at(0).frame;
    }
    std::optional<std::uint64_t> next_frame(RawClient& viewer) {
        while (auto received = viewer.receive())
            if (received->type() == HVFB_FRAME_READY) return received->as<hvfb_frame_ready>().frame;
        return std::nullopt;
    }

    ServiceManager manager;
    Configuration configuration;
    std::optional<Daemon> daemon;
};

TEST_F(ADaemon, that_ends_has_saved_the_number_of_every_frame_that_was_sent_to_a_viewer) {
    daemon->start();
    EventLoop& loop = daemon->loop();
    RawClient viewer(daemon->displays()[0]->open_viewer(Client{":1.1", 0, 1, {}}, loop.now()));
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    std::optional<std::uint64_t> first, last;
    ASSERT_TRUE(dispatch_until(loop, [&] { return (first = next_frame(viewer)).has_value(); }));
    EXPECT_GE(saved_frame(), *first);
    viewer.send(HVFB_NEXT, hvfb_next{});
    while (loop.run_once(Duration(0))) {
    }
    daemon->stop();
    daemon->run();
    ASSERT_TRUE((last = next_frame(viewer))) << "the last whole present";
    EXPECT_GT(*last, *first);
    EXPECT_GE(saved_frame(), *last);
}

// Its first dispatch presents, though nobody drew.
class APeriodicDaemon : public ADaemon {
  protected:
    APeriodicDaemon() : ADaemon(DisplaySettings::RefreshMode::periodic) {}
};

TEST_F(APeriodicDaemon, that_begins_has_saved_the_number_of_its_first_frame) {
    daemon->start();
    ASSERT_GT(frame_of(*daemon), 0U);
    EXPECT_EQ(saved_frame(), frame_of(*daemon));
}

TEST_F(APeriodicDaemon, that_follows_one_that_was_killed_numbers_no_frame_as_that_one_did) {
    daemon->start();
    // A dispatch of it that nothing of is saved.
    daemon->suspend();
    daemon->resume();
    daemon->finish();
    ASSERT_GT(frame_of(*daemon), saved_frame());
    std::optional<Daemon> next;
    begin(next);
    EXPECT_GE(frame_of(*next), frame_of(*daemon));
}

}  // namespace
}  // namespace hvfbd::testing
