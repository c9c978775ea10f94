#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatching.h"
#include "display/display.h"
#include "fakes/fake_uio_machine.h"
#include "output/uio/uio_output.h"
#include "raw_client.h"

namespace hvfbd::testing {

inline const std::string slot = "0000:00:10.0", other_slot = "0000:00:11.0";
inline constexpr std::size_t screen_bytes = 4 << 20;

// The daemon on the UIO output, with folders that behave like /sys and /dev: what is on the screen is read
// from the device's memory, past the daemon.
class AUioScreen : public ::testing::Test {
  protected:
    struct Sentences : Observer {
        void output_said(bool warning, std::string_view sentence) override {
            (warning ? warnings : informations).emplace_back(sentence);
        }
        void visibility_changed(bool) override { ++changes; }
        void problem_changed(const std::string& now) override { problem = now; }
        std::string problem;
        std::vector<std::string> warnings, informations;
        unsigned changes = 0;
    };

    void start(uio::UioOutput::Options options, const std::string& uio = "/dev/uio0",
               const std::string& framebuffer = "", std::uint64_t size = 0) {
        output = std::make_unique<uio::UioOutput>(
            loop, std::make_unique<uio::KernelScreenPort>(uio, framebuffer, size, machine.folders()),
            machine.folders().devices, options);
        DisplaySettings settings;
        settings.settle_delay = std::chrono::microseconds(200);
        settings.refresh_limit = 0;
        display.emplace(loop, *output, settings, observer);
        loop.after_dispatch([this](Time now) { display->update(now); });
        display->update(loop.now());
    }
    void there_is(bool registers, std::size_t bytes = screen_bytes, const std::string& name = "uio0") {
        machine.plug(slot, registers);
        machine.bind(slot, name, bytes);
    }
    ~AUioScreen() override { loop.after_dispatch({}); }

    bool dispatch_until(const std::function<bool()>& condition, Duration within = std::chrono::seconds(5)) {
        return testing::dispatch_until(loop, condition, within);
    }
    RawClient& open_client() {
        client.emplace(display->open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client->hello(0);
        return *client;
    }
    void draw(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        client->pixel(x, y) = colour;
        client->damaged(
            {static_cast<int>(x), static_cast<int>(y), static_cast<int>(x) + 1, static_cast<int>(y) + 1});
    }
    bool is_shown(const Mapping& memory, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return dispatch_until(
            [&] { return FakeUioMachine::pixel(memory, output->layout().offset(x, y)) == colour; });
    }
    bool warned_of(const std::string& part) const {
        return std::any_of(
            observer.warnings.begin(), observer.warnings.end(),
            [&](const std::string& sentence) { return sentence.find(part) != std::string::npos; });
    }
    // Every visible pixel in the device equals front's.
    bool shows_front(const Mapping& memory) const {
        const Layout& layout = display->layout();
        for (std::uint32_t y = 0; y < layout.height; ++y)
            if (std::memcmp(display->front().bytes().data() + layout.offset(0, y),
                            memory.bytes().data() + 2 * page_size() + layout.offset(0, y),
                            std::size_t{layout.width} * bytes_per_pixel) != 0)
                return false;
        return true;
    }

    FakeUioMachine machine;
    EventLoop loop;
    Sentences observer;
    std::unique_ptr<uio::UioOutput> output;
    std::optional<Display> display;
    std::optional<RawClient> client;
};

}  // namespace hvfbd::testing
