#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>

#include "dispatching.h"
#include "display/display.h"
#include "fakes/fake_card.h"
#include "output/drm/screens.h"
#include "raw_client.h"
#include "sentences.h"

namespace hvfbd::testing {

using Driver = FakeKms::Driver;
inline constexpr Mode vga{640, 480}, svga{800, 600};

// The drm output on a computer of the test's own, with one display.
class AScreen : public ::testing::TestWithParam<Driver> {
  protected:
    AScreen() : kms(GetParam()) {}
    ~AScreen() override { stop(); }

    void start(const drm::Screens::Options& options = {}) {
        stop();
        screens.emplace(loop, std::make_unique<FakeCardPort>(kms), options);
        output = &screens->display(0);
        DisplaySettings settings;
        settings.settle_delay = std::chrono::microseconds(0);
        settings.refresh_limit = 1000;
        display.emplace(loop, *output, settings, observer);
        loop.after_dispatch([this](Time now) { display->update(now); });
        display->update(loop.now());
    }
    void open() {
        client.emplace(display->open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client->hello(0);
    }
    void stop() {
        client.reset();
        loop.after_dispatch([](Time) {});
        display.reset();
        output = nullptr;
        screens.reset();
    }
    bool dispatch_until(const std::function<bool()>& condition, Duration within = std::chrono::seconds(5)) {
        return testing::dispatch_until(loop, condition, within);
    }
    void draw(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        client->pixel(x, y) = colour;
        auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
        client->damaged({left, top, left + 1, top + 1});
    }
    std::uint32_t front(std::uint32_t x, std::uint32_t y) {
        std::uint32_t pixel;
        std::memcpy(&pixel, display->front().bytes().data() + display->layout().offset(x, y), 4);
        return pixel;
    }
    std::uint32_t screen(std::uint32_t x, std::uint32_t y, std::size_t index = 0) {
        auto pixels = kms.screen(index);
        const Layout& layout = display->layout();
        if (pixels.size() != std::size_t{layout.width} * layout.height) return 0;  // the console, or dark
        return pixels.at(std::size_t{y} * display->layout().width + x);
    }
    // Draws, and lets the screen come to its vertical blanks.
    bool shows(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        draw(x, y, colour);
        return becomes(x, y, colour);
    }
    bool becomes(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return dispatch_until([&] {
            kms.vertical_blank();
            return screen(x, y) == colour && kms.screen_equals(display->front());
        });
    }

    FakeKms kms;
    EventLoop loop;
    Sentences observer;
    std::optional<drm::Screens> screens;
    drm::DrmOutput* output = nullptr;
    std::optional<Display> display;
    std::optional<RawClient> client;
};

}  // namespace hvfbd::testing
