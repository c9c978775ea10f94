// Each thing that an operation acquires cannot be had, one after the other: the operation is refused whole or
// done whole, the daemon goes on, nobody else notices, nothing stays behind, and the next process would find
// all.
#include <cstdlib>

#include "base/error.h"
#include "display/observers.h"
#include "display_fixture.h"
#include "failing_calls.h"
#include "fakes/service_manager.h"
#include "limited_descriptors.h"
#include "restart/state_saver.h"

namespace hvfbd::testing {
namespace {

// More steps than any operation has.
constexpr unsigned most_steps = 4000;

// Somebody who draws all the time, takes every buffer that is offered, and is looked at.
class Bystander {
  public:
    Bystander(Surfaces::Opened surface, Viewers::Opened viewer)
        : number_(surface.number), client_(std::move(surface)), viewer_(std::move(viewer)) {
        client_.hello(0);
        viewer_.hello(0);
        point_at(client_.buffer(), client_.layout());
    }
    SurfaceNumber number() const { return number_; }
    void draw(std::uint32_t pixel) {
        take_messages();
        std::memcpy(pixels_->bytes().data(), &pixel, sizeof pixel);
        client_.damaged();
    }
    void take_messages() {
        std::optional<RawClient::Received> offer;
        while (auto received = client_.receive())
            if (received->type() == HVFB_CONFIGURE && received->attached) offer = std::move(received);
        while (auto received = viewer_.receive()) frames_ += received->type() == HVFB_FRAME_READY;
        if (!offer) return;
        auto message = offer->as<hvfb_configure>();
        point_at(offer->attached.get(), {message.layout.width, message.layout.height, message.layout.stride,
                                         message.layout.format, message.layout.size});
        client_.send(HVFB_CONFIGURED, hvfb_configured{{}, message.serial});
    }
    void ask() { viewer_.send(HVFB_NEXT, hvfb_next{}); }
    unsigned frames() const { return frames_; }
    bool well() { return !client_.closed() && !viewer_.closed(); }

  private:
    void point_at(int buffer, const Layout& layout) {
        Descriptor duplicate(::fcntl(buffer, F_DUPFD_CLOEXEC, 3));
        pixels_.emplace(duplicate, layout.size, Mapping::Access::read_write);
    }

    SurfaceNumber number_;
    RawClient client_, viewer_;
    std::optional<Mapping> pixels_;
    unsigned frames_ = 0;
};

class EachStep : public ::testing::Test {
  protected:
    EachStep()
        : output(layout_for({64, 48})), store(made_for(manager)), saver(store), observers{&observer, &saver} {
        saver.restore();
        DisplaySettings settings;
        settings.refresh_limit = 0;
        settings.settle_delay = {};
        display.emplace(loop, output, settings, observers);
        saver.begin({&*display}, configured);
        loop.after_dispatch([this](Time now) { dispatch(now); });
        dispatch(loop.now());
        bystander.emplace(
            display->open_surface({"bystander", true, false}, Client{":1.9", 1009, 1, {}}, loop.now()),
            display->open_viewer(Client{":1.9", 1009, 1, {}}, loop.now()));
        {
            RawClient gone(
                display->open_surface({"kept", true, true}, Client{":1.1", 1000, 1, {}}, loop.now()));
        }
        settle();
    }
    ~EachStep() override { ::unsetenv("NOTIFY_SOCKET"); }

    static DescriptorStore made_for(const ServiceManager& manager) {
        ::setenv("NOTIFY_SOCKET", manager.address().c_str(), 1);
        return {true, {}};
    }

    void dispatch(Time now) {
        saver.save();
        display->update(now);
        saver.save();
    }

    void settle() {
        dispatch(loop.now());
        for (int i = 0; i < 3; ++i) {
            while (loop.run_once(Duration(0))) manager.listen();
            bystander->take_messages();
            manager.listen();
        }
    }

    // The bystander's picture is shown, its viewer gets the frame, and the saved state names only what is
    // stored.
    void expect_nobody_noticed(const std::string& where) {
        display->activate(bystander->number(), loop.now());
        settle();
        bystander->ask();
        const unsigned frames = bystander->frames();
        bystander->draw(++pixel);
        auto shown = [&] {
            bystander->take_messages();
            manager.listen();
            std::uint32_t seen = 0;
            std::memcpy(&seen, display->front().bytes().data(), sizeof seen);
            return seen == pixel && bystander->frames() > frames && output.host_equals(display->front());
        };
        const bool is_shown = dispatch_until(loop, shown);
        std::uint32_t seen = 0;
        std::memcpy(&seen, display->front().bytes().data(), sizeof seen);
        ASSERT_TRUE(is_shown) << where << ": " << seen << " and not " << pixel << ", " << bystander->frames()
                              << " after " << frames << ", host " << output.host_equals(display->front())
                              << ", said " << (observer.said.empty() ? "" : observer.said.back());
        ASSERT_TRUE(bystander->well()) << where;
        ASSERT_TRUE(observer.violations.empty()) << where << ": " << observer.violations.front();
        settle();
        RestoredDescriptors restored = manager.take_stored();
        Descriptor memory = restored.demand("state");
        Mapping mapped(memory, state_memory_size, Mapping::Access::read);
        Decoded decoded = read_state(mapped.bytes());
        ASSERT_TRUE(decoded.state) << where;
        ASSERT_EQ(decoded.state->displays[0].surfaces.size(), display->surfaces().all().size()) << where;
        for (const SavedSurface& surface : decoded.state->displays[0].surfaces) {
            ASSERT_TRUE(restored.take("display0." + surface.shadow_name(surface.shadow))) << where;
            if (!surface.client) continue;
            ASSERT_TRUE(restored.take("display0." + surface.peer_names().channel)) << where;
        }
    }

    // Once with each of its steps failing. `undo` brings all back to where it was.
    void in_each_step(FailingCalls::Kind kind, const std::string& name, const std::function<void()>& act,
                      const std::function<void()>& undo) {
        auto undone = [&] {
            undo();
            settle();
        };
        act();
        settle();
        undone();
        expect_nobody_noticed(name);
        const std::size_t before = open_descriptors();
        unsigned step = 0;
        for (bool failed = true; failed; ++step) {
            ASSERT_LT(step, most_steps) << name;
            std::string where = name + ", step " + std::to_string(step);
            SCOPED_TRACE(where);
            bool refused = false;
            std::string why;
            FailingCalls::arm(kind, step);
            try {
                try {
                    act();
                } catch (const RequestError& error) {
                    refused = true;
                    why = error.what();
                } catch (const std::system_error& error) {
                    refused = true;
                    why = error.what();
                } catch (const std::bad_alloc&) {
                    refused = true;
                }
                dispatch(loop.now());
                while (loop.run_once(Duration(0))) {
                }
            } catch (const std::exception& exception) {
                FailingCalls::disarm();
                FAIL() << "the daemon has ended: " << exception.what();
            }
            failed = FailingCalls::disarm();
            bool named = why.find("of hvfbd.service") != std::string::npos ||
                         why.find("sysctl fs.epoll.max_user_watches") != std::string::npos ||
                         why.find("no memory left") != std::string::npos;
            EXPECT_TRUE(!refused || kind == FailingCalls::Kind::memory || named) << why;
            EXPECT_TRUE(!refused || failed) << why;
            settle();
            if (HasFatalFailure()) return;
            expect_nobody_noticed(where);
            if (HasFatalFailure()) return;
            undone();
            expect_nobody_noticed(where + " undone");
            if (HasFatalFailure()) return;
            ASSERT_EQ(open_descriptors(), before) << where;
        }
        EXPECT_GT(step, 1u) << name << " acquires nothing";
    }

    void in_each_step_of_all(FailingCalls::Kind kind) {
        std::optional<Surfaces::Opened> surface;
        std::optional<Viewers::Opened> viewer;
        auto close = [&] {
            surface.reset();
            viewer.reset();
        };
        in_each_step(
            kind, "a new surface",
            [&] {
                surface =
                    display->open_surface({"new", true, false}, Client{":1.1", 1000, 1, {}}, loop.now());
            },
            close);
        in_each_step(
            kind, "a new surface of another layout",
            [&] {
                SurfaceOptions options{"other", true, false, layout_for({100, 50})};
                surface = display->open_surface(options, Client{":1.1", 1000, 1, {}}, loop.now());
            },
            close);
        in_each_step(
            kind, "a client that comes back",
            [&] {
                surface =
                    display->open_surface({"kept", true, true}, Client{":1.1", 1000, 1, {}}, loop.now());
            },
            close);
        in_each_step(
            kind, "a viewer",
            [&] {
                viewer = display->open_viewer(Client{":1.1", 1000, 1, {}}, loop.now());
            },
            close);
        in_each_step(
            kind, "a mode that is set",
            [&] {
                display->set_mode({80, 60}, loop.now());
            },
            [&] {
                // The fake screen loses its picture with every mode, also with the one that it has.
                if (output.layout().width != 64) display->set_mode({64, 48}, loop.now());
            });
        in_each_step(
            kind, "a mode of the host's",
            [&] {
                output.set_mode({80, 60});
            },
            [&] {
                if (output.layout().width != 64) output.set_mode({64, 48});
                // What could not be had is tried again when somebody asks for something.
                display->activate(bystander->number(), loop.now());
            });
        if (kind == FailingCalls::Kind::kernel) return;
        in_each_step(
            kind, "refresh", [&] { display->refresh(loop.now()); }, [] {});
        in_each_step(
            kind, "activate", [&] { display->activate(2, loop.now()); },
            [&] { display->activate(bystander->number(), loop.now()); });
        in_each_step(
            kind, "another settings",
            [&] {
                DisplaySettings settings = display->settings();
                settings.idle_timeout += std::chrono::milliseconds(1);
                settings.tracking = DisplaySettings::Tracking::compare;
                display->change_settings(settings, loop.now());
            },
            [] {});
        in_each_step(
            kind, "close",
            [&] {
                surface =
                    display->open_surface({"shut", true, false}, Client{":1.1", 1000, 1, {}}, loop.now());
                display->close_surface(surface->number, loop.now());
            },
            close);
    }

    ServiceManager manager;
    DisplaySettings configured;
    EventLoop loop;
    FakeOutput output;
    RecordingObserver observer;
    DescriptorStore store;
    StateSaver saver;
    Observers observers;
    std::optional<Display> display;
    std::optional<Bystander> bystander;
    std::uint32_t pixel = 0;
};

TEST_F(EachStep, of_all_operations_may_find_no_descriptor_or_memory_in_the_kernel) {
    in_each_step_of_all(FailingCalls::Kind::kernel);
}

TEST_F(EachStep, of_all_operations_may_find_no_memory_in_the_process) {
    in_each_step_of_all(FailingCalls::Kind::memory);
}

}  // namespace
}  // namespace hvfbd::testing
