#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "dispatching.h"
#include "display/display.h"
#include "fakes/fake_output.h"
#include "raw_client.h"

namespace hvfbd::testing {

// The features of a client whose tracker can do everything.
inline constexpr std::uint32_t full_tracker = HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN;

// An observer that remembers.
class RecordingObserver : public Observer {
  public:
    void surface_opened(SurfaceNumber, std::string_view, const Client&) override {
        if (on_opened) on_opened();
    }
    void viewer_opened(unsigned, const Client&) override {
        if (on_opened) on_opened();
    }
    void viewer_closed(unsigned number, std::string_view why) override {
        if (on_closed) on_closed();
        viewers.push_back("closed " + std::to_string(number) + ": " + std::string(why));
    }
    void surface_closed(SurfaceNumber number, std::string_view, std::string_view why) override {
        if (on_closed) on_closed();
        lines.push_back("closed " + std::to_string(number) + ": " + std::string(why));
    }
    void surface_client_changed(SurfaceNumber number, std::string_view, std::string_view what) override {
        lines.push_back("client of " + std::to_string(number) + ": " + std::string(what));
    }
    void protocol_violated(std::string_view who, std::string_view what) override {
        violations.push_back(std::string(who) + ": " + std::string(what));
    }
    void output_said(bool, std::string_view sentence) override { said.emplace_back(sentence); }
    void userfaultfd_given(SurfaceNumber number, std::string_view, const Client&) override {
        userfaultfds.push_back("given to " + std::to_string(number));
    }
    void userfaultfd_not_to_be_had(std::string_view problem) override { userfaultfds.emplace_back(problem); }
    void modes_changed() override { ++modes; }
    bool persist_before_acknowledge() override {
        if (on_persist) on_persist();
        return true;
    }
    std::function<void()> on_persist, on_opened, on_closed;
    std::vector<std::string> lines, viewers, violations, said, userfaultfds;
    unsigned modes = 0;
};

// The whole daemon but for the bus: a loop, a fake output, a display, and clients at the far ends of
// channels.
class DisplayFixture : public ::testing::Test {
  protected:
    explicit DisplayFixture(Mode mode = {320, 200}, std::uint32_t stride = 0)
        : output(layout_for(mode, stride)) {
        DisplaySettings settings;
        settings.settle_delay = std::chrono::microseconds(200);
        display.emplace(loop, output, settings, observer);
        loop.after_dispatch([this](Time now) { display->update(now); });
        display->update(loop.now());
    }
    ~DisplayFixture() override { Recheck::in_use = true; }

    bool dispatch_until(const std::function<bool()>& condition, Duration within = std::chrono::seconds(5)) {
        return testing::dispatch_until(loop, condition, within);
    }
    // Nothing that was reported is compared again: a test need not wait for the last time.
    static void without_recheck() { Recheck::in_use = false; }
    // Runs the loop until what was reported last is not compared again any more: see Recheck.
    void pass_rechecks() {
        dispatch_until([] { return false; }, Recheck::longest + std::chrono::milliseconds(100));
    }
    // Runs the loop while something happens at once; nothing that waits for a time.
    void dispatch_while_ready() {
        while (loop.run_once(Duration(0))) {
        }
    }

    RawClient open(const SurfaceOptions& options = {"test", false, false}, uid_t uid = 1000) {
        return RawClient(display->open_surface(options, Client{":1.1", uid, 1, {}}, loop.now()));
    }
    RawClient open_explicit(const std::string& name = "test") {
        RawClient client = open({name, true, false});
        client.hello(0);
        return client;
    }
    RawClient view(uid_t uid = 0) {
        return RawClient(display->open_viewer(Client{":1.2", uid, 1, {}}, loop.now()));
    }

    // The next message of this type; others before it are dropped.
    std::optional<RawClient::Received> await(RawClient& client, hvfb_message_type type) {
        std::optional<RawClient::Received> received;
        dispatch_until([&] {
            while ((received = client.receive()))
                if (received->type() == type) return true;
            return client.closed();
        });
        return received;
    }
    // Answers COLLECTs as a tracker would until the frame is presented.
    bool present(RawClient& client, std::uint64_t frame) {
        client.frame(frame);
        return dispatch_until([&] {
            while (auto received = client.receive()) {
                if (received->type() == HVFB_COLLECT)
                    client.written(received->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
                if (received->type() == HVFB_PRESENTED && received->as<hvfb_presented>().frame >= frame)
                    return true;
            }
            return false;
        });
    }

    std::uint32_t front_pixel(std::uint32_t x, std::uint32_t y) {
        std::uint32_t pixel;
        std::memcpy(&pixel, display->front().bytes().data() + display->layout().offset(x, y), 4);
        return pixel;
    }

    EventLoop loop;
    FakeOutput output;
    RecordingObserver observer;
    std::optional<Display> display;
};

}  // namespace hvfbd::testing
