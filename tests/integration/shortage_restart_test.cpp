// Each thing that the next process acquires to restore cannot be had, one after the other: it fails whole,
// and the process after it restores all; or it restores all but the one peer, who gets an event. Nobody else
// notices, and nothing stays behind.
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <set>

#include "daemon.h"
#include "display_fixture.h"
#include "failing_calls.h"
#include "fakes/service_manager.h"
#include "limited_descriptors.h"

namespace hvfbd::testing {
namespace {

// More steps than a start has.
constexpr unsigned most_steps = 4000;

struct LostObserver : RecordingObserver {
    explicit LostObserver(std::set<std::string>& names) : lost(names) {}
    void not_restored(std::string_view who, std::string_view) override { lost.emplace(who); }
    std::set<std::string>& lost;
};

Client somebody() {
    return {":1.1", 1000, 1, {}};
}

Configuration unthrottled() {
    Configuration configuration;
    configuration.display.refresh_limit = 0;
    configuration.display.settle_delay = {};
    return configuration;
}

// A client or a viewer who takes what comes, and every buffer that is offered if `willing`.
class Peer {
  public:
    Peer(Surfaces::Opened opened, bool willing)
        : name("surface" + std::to_string(opened.number)),
          number(opened.number),
          willing_(willing),
          client_(std::move(opened)) {
        client_.hello(0);
        point_at(client_.buffer(), client_.layout());
    }
    explicit Peer(Viewers::Opened opened)
        : name("viewer" + std::to_string(opened.number)), number(opened.number), client_(std::move(opened)) {
        client_.hello(0);
    }
    void take_messages() {
        while (auto received = client_.receive()) {
            frames += received->type() == HVFB_FRAME_READY;
            if (received->type() == HVFB_CONFIGURE && received->attached) offer_ = std::move(received);
        }
        if (willing_) take_offer();
    }
    bool take_offer() {
        if (!offer_) return false;
        auto message = offer_->as<hvfb_configure>();
        point_at(offer_->attached.get(), {message.layout.width, message.layout.height, message.layout.stride,
                                          message.layout.format, message.layout.size});
        client_.send(HVFB_CONFIGURED, hvfb_configured{{}, message.serial});
        offer_.reset();
        return true;
    }
    void draw(std::uint32_t pixel) {
        std::memcpy(pixels_->bytes().data(), &pixel, sizeof pixel);
        client_.damaged();
    }
    void ask() { client_.send(HVFB_NEXT, hvfb_next{}); }
    bool closed() {
        take_messages();
        return client_.closed();
    }

    const std::string name;
    const unsigned number;
    unsigned frames = 0;

  private:
    void point_at(int buffer, const Layout& layout) {
        Descriptor duplicate(::fcntl(buffer, F_DUPFD_CLOEXEC, 3));
        pixels_.emplace(duplicate, layout.size, Mapping::Access::read_write);
    }
    bool willing_ = false;
    RawClient client_;
    std::optional<Mapping> pixels_;
    std::optional<RawClient::Received> offer_;
};

// A process of the daemon that has ended, what it left in the store, and those who wait for the next.
class Restart {
  public:
    Restart() {
        ::setenv("NOTIFY_SOCKET", manager_.address().c_str(), 1);
        begin(RestoredDescriptors{});
        Time now = daemon_->loop().now();
        drawing_.emplace(display().open_surface({"drawing", true, false}, somebody(), now), true);
        hesitating_.emplace(display().open_surface({"hesitating", true, false}, somebody(), now), false);
        viewer_.emplace(display().open_viewer(somebody(), now));
        {
            Surfaces::Opened kept = display().open_surface({"kept", true, true}, somebody(), now);
            kept_ = kept.number;
        }
        settle();
        display().set_mode({80, 60}, daemon_->loop().now());
        settle();
        drawing_->draw(1);
        settle();
        end();
    }
    ~Restart() { ::unsetenv("NOTIFY_SOCKET"); }

    // Makes the next process, and lets it do what is to be done at once. May throw what ends it.
    void begin(RestoredDescriptors restored) {
        lost.clear();
        daemon_ = std::make_unique<Daemon>(
            unthrottled(), DescriptorStore(true, std::move(restored)),
            Daemon::Parts{[this](EventLoop&, std::span<const RestoredOutput> restored_outputs) {
                              auto outputs = std::make_unique<SeparateOutputs>();
                              Mode mode{64, 48};
                              if (!restored_outputs.empty() && restored_outputs[0].mode)
                                  mode = *restored_outputs[0].mode;
                              auto output = std::make_unique<FakeOutput>(layout_for(mode));
                              output_ = output.get();
                              outputs->add(std::move(output));
                              return outputs;
                          },
                          [this](std::size_t, bool) { return std::make_unique<LostObserver>(lost); }});
        daemon_->start();
        while (daemon_->loop().run_once(Duration(0))) {
        }
    }
    RestoredDescriptors left() {
        manager_.listen();
        return manager_.take_stored();
    }
    // As if it were killed: what it has is closed, and nothing is said.
    void end() {
        daemon_.reset();
        manager_.listen();
    }
    void settle() {
        while (closing_elsewhere()) std::this_thread::yield();
        for (int i = 0; i < 3; ++i) {
            while (daemon_->loop().run_once(Duration(0))) manager_.listen();
            manager_.listen();
            for (auto* peer : {&drawing_, &hesitating_, &viewer_})
                if (*peer) (*peer)->take_messages();
        }
    }

    // All but those who are lost go on, and somebody new may come.
    void expect_all_go_on(std::uint32_t pixel) {
        settle();
        for (auto* peer : {&drawing_, &hesitating_, &viewer_})
            ASSERT_EQ((*peer)->closed(), lost.contains((*peer)->name)) << (*peer)->name;
        Surfaces::Opened opened =
            display().open_surface({"kept", true, true}, somebody(), daemon_->loop().now());
        ASSERT_EQ(opened.number == kept_, !lost.contains("surface" + std::to_string(kept_)));
        Peer fresh(std::move(opened), true);
        Peer& artist = lost.contains(drawing_->name) ? fresh : *drawing_;
        settle();
        // The buffer of the mode that was set may have to be offered again.
        fresh.take_messages();
        settle();
        display().activate(artist.number, daemon_->loop().now());
        settle();
        viewer_->ask();
        const unsigned frames = viewer_->frames;
        artist.draw(pixel);
        ASSERT_TRUE(dispatch_until(daemon_->loop(), [&] {
            viewer_->take_messages();
            fresh.take_messages();
            drawing_->take_messages();
            manager_.listen();
            std::uint32_t seen = 0;
            std::memcpy(&seen, display().front().bytes().data(), sizeof seen);
            return seen == pixel && output_->host_equals(display().front()) &&
                   (viewer_->frames > frames || lost.contains(viewer_->name));
        }));
        ASSERT_TRUE(lost.contains(hesitating_->name) || offered_ || hesitating_->take_offer());
        offered_ = true;
        settle();
        ASSERT_EQ(hesitating_->closed(), lost.contains(hesitating_->name));
    }

    std::set<std::string> lost;

  private:
    Display& display() { return *daemon_->displays().at(0); }

    ServiceManager manager_;
    std::unique_ptr<Daemon> daemon_;
    FakeOutput* output_ = nullptr;
    std::optional<Peer> drawing_, hesitating_, viewer_;
    unsigned kept_ = 0;
    bool offered_ = false;  // and taken
};

void restart_in_each_step(FailingCalls::Kind kind) {
    spdlog::set_level(spdlog::level::off);
    std::optional<std::size_t> descriptors;
    unsigned step = 0, ended = 0;
    for (bool failed = true; failed; ++step) {
        ASSERT_LT(step, most_steps);
        SCOPED_TRACE("step " + std::to_string(step));
        {
            Restart restart;
            RestoredDescriptors restored = restart.left();
            FailingCalls::arm(kind, step);
            bool has_ended = false;
            try {
                restart.begin(std::move(restored));
            } catch (const std::exception&) {
                has_ended = true;
            }
            failed = FailingCalls::disarm();
            ASSERT_TRUE(failed || !has_ended);
            if (has_ended) {
                ++ended;
                restart.end();
                restart.begin(restart.left());
            }
            ASSERT_LE(restart.lost.size(), failed && !has_ended ? 1u : 0u);
            restart.expect_all_go_on(1000 + step);
            if (::testing::Test::HasFatalFailure()) return;
            // What was saved is what there is.
            restart.end();
            restart.begin(restart.left());
            ASSERT_TRUE(restart.lost.empty()) << *restart.lost.begin();
            restart.end();
        }
        if (!descriptors) descriptors = open_descriptors();
        ASSERT_EQ(open_descriptors(), *descriptors);
    }
    EXPECT_GT(step, ended + 1) << "each step ends the process";
    EXPECT_GT(ended, 0u);
    spdlog::set_level(spdlog::level::info);
}

TEST(RestartStep, that_finds_no_descriptor_or_memory_in_the_kernel_ends_one_peer_or_is_tried_again) {
    restart_in_each_step(FailingCalls::Kind::kernel);
}

TEST(RestartStep, that_finds_no_memory_in_the_process_ends_one_peer_or_is_tried_again) {
    restart_in_each_step(FailingCalls::Kind::memory);
}

}  // namespace
}  // namespace hvfbd::testing
