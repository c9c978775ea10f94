// What a session with a Hyper-V host needs cannot be had, one thing after the other: the daemon goes on, and
// the window shows the picture soon after.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>

#include "devices/simulated_uio.h"
#include "display_fixture.h"
#include "failing_calls.h"
#include "host_process.h"
#include "limited_descriptors.h"
#include "output/hyperv/hyperv_output.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

class EachStepOfASession : public ::testing::TestWithParam<FailingCalls::Kind> {
  protected:
    static hyperv::HypervOutput::Options quick() {
        hyperv::HypervOutput::Options options;
        options.session.mode = Mode{640, 480};
        options.session.timing = {2s, 100us, 1ms};
        return options;
    }
    EachStepOfASession() {
        DisplaySettings settings;
        settings.refresh_limit = 0;
        settings.settle_delay = 0us;
        display.emplace(loop, output, settings, observer);
        loop.after_dispatch([&](Time now) { display->update(now); });
        client.emplace(display->open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client->hello(0);
        draw_into(client->buffer(), client->layout());
    }

    void draw_into(int buffer, const Layout& layout) {
        Descriptor duplicate(::fcntl(buffer, F_DUPFD_CLOEXEC, 3));
        pixels.emplace(duplicate, layout.size, Mapping::Access::read_write);
    }
    void draw() { std::memcpy(pixels->bytes().data(), &pixel, sizeof pixel); }

    // The host is another process.
    std::uint32_t first_pixel_of_window() {
        FailingCalls::Pause pause;
        HostProcess::Picture window = host.window();
        return window.width == display->layout().width && !window.pixels.empty() ? window.pixels.front() : 0;
    }
    bool shows_what_is_drawn() {
        ++pixel;
        draw();
        client->damaged({0, 0, 1, 1});
        for (Time end = clock_now() + 8s; clock_now() < end;) {
            for (Time until = clock_now() + 2ms; loop.run_once(std::max(until - clock_now(), Duration{}));) {
            }
            while (auto received = client->receive()) {
                if (received->type() != HVFB_CONFIGURE || !received->attached) continue;
                auto message = received->as<hvfb_configure>();
                draw_into(received->attached.get(),
                          {message.layout.width, message.layout.height, message.layout.stride,
                           message.layout.format, message.layout.size});
                draw();
                client->send(HVFB_CONFIGURED, hvfb_configured{{}, message.serial});
            }
            if (first_pixel_of_window() == pixel) return true;
        }
        return false;
    }

    void in_each_step(const std::string& name, const std::function<void()>& act) {
        act();
        ASSERT_TRUE(shows_what_is_drawn()) << name << ": " << output.problem();
        const std::size_t before = open_descriptors();
        unsigned step = 0;
        for (bool failed = true; failed; ++step) {
            ASSERT_LT(step, 2000U) << name;
            std::string where = name + ", step " + std::to_string(step);
            FailingCalls::arm(GetParam(), step);
            try {
                try {
                    act();
                } catch (const RequestError&) {
                    // Of a mode.
                } catch (const std::bad_alloc&) {
                }
                for (int i = 0; i < 30 && loop.run_once(1ms); ++i) {
                }
            } catch (const std::exception& exception) {
                FailingCalls::disarm();
                FAIL() << where << ": the daemon has ended: " << exception.what();
            }
            failed = FailingCalls::disarm();
            ASSERT_TRUE(shows_what_is_drawn()) << where << ": " << output.problem();
            // Those of a device that is still being opened come and go.
            ASSERT_LE(open_descriptors(), before + 8) << where;
        }
        EXPECT_GT(step, 1U) << name << " acquires nothing";
    }

    HostProcess host{{"--framebuffer-size", "2097152", "--ring-size", "65536"}};
    EventLoop loop;
    hyperv::HypervOutput output{loop, std::make_unique<SimulatedUioPort>(host.socket()),
                                hyperv::FramebufferSource("simulated", 0), quick()};
    RecordingObserver observer;
    std::optional<Display> display;
    std::optional<RawClient> client;
    std::optional<Mapping> pixels;
    std::uint32_t pixel = 0x100;
};

INSTANTIATE_TEST_SUITE_P(Hyperv, EachStepOfASession,
                         ::testing::Values(FailingCalls::Kind::kernel, FailingCalls::Kind::memory));

TEST_P(EachStepOfASession, may_find_none_of_it) {
    ASSERT_TRUE(shows_what_is_drawn());
    in_each_step("a session", [&] {
        output.suspend();
        output.resume();
    });
    unsigned modes = 0;
    in_each_step("a mode", [&] {
        display->set_mode(++modes % 2 != 0 ? Mode{800, 600} : Mode{640, 480}, loop.now());
    });
}

}  // namespace
}  // namespace hvfbd::testing
