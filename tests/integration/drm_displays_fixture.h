#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dispatching.h"
#include "display/display.h"
#include "fakes/fake_card.h"
#include "output/drm/screens.h"
#include "raw_client.h"
#include "sentences.h"

namespace hvfbd::testing {

using Driver = FakeKms::Driver;

struct TestDisplay {
    TestDisplay(EventLoop& loop, drm::DrmOutput& the_output)
        : output(the_output), display(loop, output, settings(), observer) {}
    static DisplaySettings settings() {
        DisplaySettings settings;
        settings.settle_delay = std::chrono::microseconds(0);
        settings.refresh_limit = 1000;
        return settings;
    }
    std::uint32_t front(std::uint32_t x, std::uint32_t y) {
        std::uint32_t pixel;
        std::memcpy(&pixel, display.front().bytes().data() + display.layout().offset(x, y), 4);
        return pixel;
    }
    drm::DrmOutput& output;
    Sentences observer;
    Display display;
    std::optional<RawClient> client;
};

// The drm output on a computer of the test's own, with a display for each of two connectors.
class ScreensApart : public ::testing::TestWithParam<Driver> {
  protected:
    ScreensApart() : kms(GetParam()) {
        kms.add_connector("Virtual-2", {drm_mode(320, 200, true), drm_mode(640, 480)});
    }
    ~ScreensApart() override { stop(); }

    void start(drm::Screens::Options options = {}) {
        stop();
        options.apart = true;
        screens.emplace(loop, std::make_unique<FakeCardPort>(kms), options);
        for (std::size_t i = 0; i < screens->all().size(); ++i)
            displays.push_back(std::make_unique<TestDisplay>(loop, screens->display(i)));
        auto update = [this](Time now) {
            for (auto& display : displays) display->display.update(now);
        };
        loop.after_dispatch(update);
        update(loop.now());
    }
    void open() {
        for (auto& display : displays) open(*display);
    }
    void open(TestDisplay& display) {
        display.client.emplace(
            display.display.open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        display.client->hello(0);
    }
    void stop() {
        loop.after_dispatch([](Time) {});
        displays.clear();
        screens.reset();
    }
    bool dispatch_until(const std::function<bool()>& condition, Duration within = std::chrono::seconds(5)) {
        return testing::dispatch_until(loop, condition, within);
    }
    void dispatch_for(Duration time) {
        dispatch_until(
            [this] {
                kms.vertical_blank();
                return false;
            },
            time);
    }
    static void draw(TestDisplay& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        display.client->pixel(x, y) = colour;
        auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
        display.client->damaged({left, top, left + 1, top + 1});
    }
    // A display's screen, by the place of its connector on the card.
    std::size_t screen_of(const TestDisplay& display) const {
        for (std::size_t i = 0; i < kms.resources.connectors.size(); ++i)
            if (kms.resources.connectors[i].name == display.output.wish().connector) return i;
        return 99;
    }
    bool becomes(TestDisplay& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return dispatch_until([&] {
            kms.vertical_blank();
            return display.front(x, y) == colour &&
                   kms.screen_equals(display.display.front(), screen_of(display));
        });
    }
    bool shows(TestDisplay& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        draw(display, x, y, colour);
        return becomes(display, x, y, colour);
    }

    FakeKms kms;
    EventLoop loop;
    std::optional<drm::Screens> screens;
    std::vector<std::unique_ptr<TestDisplay>> displays;
};

}  // namespace hvfbd::testing
