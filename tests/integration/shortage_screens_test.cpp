// What the screens of a card need cannot be had, one thing after the other, while screens come and go: the
// daemon goes on, and shows everything once it can.
#include "drm_displays_fixture.h"
#include "failing_calls.h"
#include "rounds.h"

namespace hvfbd::testing {
namespace {

constexpr unsigned most_steps = 4000;

// The kernel's memory for what a call does can be short; what the fake takes for itself is not counted.
class ShortCard : public drm::Card {
    template <typename Call>
    auto called(Call call) {
        if (FailingCalls::fails(FailingCalls::Kind::kernel)) throw_errno("use the fake card", ENOMEM);
        FailingCalls::Pause pause;
        return call();
    }

  public:
    explicit ShortCard(FakeKms& kms) : real_(kms) {}
    int descriptor() const override { return real_.descriptor(); }
    std::string name() const override { return real_.name(); }
    bool master() const override { return real_.master(); }
    drm::Resources resources() override {
        return called([&] { return real_.resources(); });
    }
    drm::CrtcState crtc(drm::Id crtc) override {
        return called([&] { return real_.crtc(crtc); });
    }
    std::unique_ptr<drm::Buffer> make_buffer(Mode mode) override {
        return called([&] { return real_.make_buffer(mode); });
    }
    drm::Answer set_crtc(const drm::CrtcState& state) override {
        return called([&] { return real_.set_crtc(state); });
    }
    drm::Answer dirty(drm::Id framebuffer, std::span<const Rectangle> rectangles) override {
        return called([&] { return real_.dirty(framebuffer, rectangles); });
    }
    drm::Answer flip(drm::Id crtc, drm::Id framebuffer) override {
        return called([&] { return real_.flip(crtc, framebuffer); });
    }
    std::vector<drm::Id> take_flips() override {
        FailingCalls::Pause pause;
        return real_.take_flips();
    }

  private:
    FakeCard real_;
};

class ShortPort : public drm::CardPort {
  public:
    explicit ShortPort(FakeKms& kms) : kms_(kms), real_(kms) {}
    std::unique_ptr<drm::Card> open() override {
        if (FailingCalls::fails(FailingCalls::Kind::kernel)) throw_errno("open the fake card", EMFILE);
        FailingCalls::Pause pause;
        if (!kms_.present) throw_errno("open /dev/dri/card0", ENOENT);
        return std::make_unique<ShortCard>(kms_);
    }
    int descriptor() const override { return real_.descriptor(); }
    bool take_events() override { return real_.take_events(); }

  private:
    FakeKms& kms_;
    FakeCardPort real_;
};

class EachStepOfScreens : public ::testing::TestWithParam<Driver> {
  protected:
    EachStepOfScreens() : kms(GetParam()) {
        kms.add_connector("Virtual-2", {drm_mode(320, 200, true), drm_mode(200, 100)});
        drm::Screens::Options options;
        options.apart = true;
        options.gap = {};
        screens.emplace(loop, std::make_unique<ShortPort>(kms), options);
        for (std::size_t i = 0; i < 2; ++i)
            displays.push_back(std::make_unique<TestDisplay>(loop, screens->display(i)));
        loop.after_dispatch([this](Time now) { update(now); });
        for (auto& display : displays) {
            display->client.emplace(display->display.open_surface({"test", true, false},
                                                                  Client{":1.1", 1000, 1, {}}, loop.now()));
            display->client->hello(0);
        }
        update(loop.now());
    }
    ~EachStepOfScreens() override {
        displays.clear();
        screens.reset();
    }

    void update(Time now) {
        for (auto& display : displays) display->display.update(now);
    }
    void settle() {
        update(loop.now());
        for (int i = 0; i < 20 && loop.run_once(Duration(0)); ++i) {
            FailingCalls::Pause pause;
            kms.vertical_blank();
        }
    }
    bool everything_is_shown() {
        for (std::size_t i = 0; i < displays.size(); ++i) {
            TestDisplay& display = *displays[i];
            bool plugged = kms.connector(i).connected && kms.present;
            if (plugged != display.output.visible()) return false;
            if (plugged && !kms.screen_equals(display.display.front(), i)) return false;
        }
        return true;
    }
    // Something happens to the card, at the latest: then all of it is there.
    void expect_everything_shown(const std::string& where) {
        kms.announce();
        update(loop.now());
        bool shown = testing::dispatch_until(loop, [&] {
            kms.vertical_blank();
            return everything_is_shown();
        });
        ASSERT_TRUE(shown) << where << ": " << displays[0]->output.description() << "; "
                           << displays[1]->output.description();
    }

    void in_each_step(FailingCalls::Kind kind, const std::string& name, const std::function<void()>& act,
                      const std::function<void()>& undo) {
        act();
        expect_everything_shown(name);
        undo();
        expect_everything_shown(name + " undone");
        if (HasFatalFailure()) return;
        const std::size_t buffers = kms.framebuffers.size();
        // Under a sanitizer, which takes long, every third.
        constexpr unsigned apart = rounds(8) < 8 ? 3 : 1;
        unsigned step = 0;
        for (bool failed = true; failed; step += apart) {
            ASSERT_LT(step, most_steps) << name;
            std::string where = name + ", step " + std::to_string(step);
            FailingCalls::arm(kind, step);
            try {
                try {
                    act();
                } catch (const RequestError&) {
                    // Of a mode.
                } catch (const std::system_error&) {
                } catch (const std::bad_alloc&) {
                }
                settle();
            } catch (const std::exception& exception) {
                FailingCalls::disarm();
                FAIL() << where << ": the daemon has ended: " << exception.what();
            }
            failed = FailingCalls::disarm();
            expect_everything_shown(where);
            if (HasFatalFailure()) return;
            undo();
            expect_everything_shown(where + " undone");
            if (HasFatalFailure()) return;
            // A second buffer of each stays until it has shown that it cannot be flipped to.
            ASSERT_LE(kms.framebuffers.size(), buffers + displays.size()) << where;
        }
        EXPECT_GT(step, 1u) << name << " acquires nothing";
    }

    void in_each_step_of_all(FailingCalls::Kind kind) {
        auto announced = [&](auto change) {
            return [this, change] {
                {
                    FailingCalls::Pause pause;
                    change();
                    kms.announce();
                }
                for (int i = 0; i < 3; ++i) loop.run_once(Duration(0));
            };
        };
        auto mode = [&](Mode mode) {
            return [this, mode] {
                const Layout before = displays[1]->output.layout();
                try {
                    displays[1]->display.set_mode(mode, loop.now());
                } catch (const std::exception& refused) {
                    EXPECT_EQ(displays[1]->output.layout(), before) << refused.what();
                    EXPECT_TRUE(displays[1]->output.visible()) << refused.what();
                    settle();
                    EXPECT_EQ(displays[1]->output.layout(), before) << refused.what();
                    throw;
                }
            };
        };
        in_each_step(kind, "a screen that goes", announced([&] { kms.connector(1).connected = false; }),
                     announced([&] { kms.connector(1).connected = true; }));
        in_each_step(kind, "a card that goes", announced([&] { kms.unplug(); }),
                     announced([&] { kms.plug(); }));
        kms.connector(1).connected = false;
        expect_everything_shown("a screen has gone");
        in_each_step(kind, "a screen that comes", announced([&] { kms.connector(1).connected = true; }),
                     announced([&] { kms.connector(1).connected = false; }));
        kms.unplug();
        expect_everything_shown("the card has gone");
        in_each_step(kind, "a card that comes", announced([&] { kms.plug(); }),
                     announced([&] { kms.unplug(); }));
        kms.connector(1).connected = true;
        kms.plug();
        expect_everything_shown("all is back");
        in_each_step(kind, "a mode", mode({200, 100}), mode({320, 200}));
    }

    FakeKms kms;
    EventLoop loop;
    std::optional<drm::Screens> screens;
    std::vector<std::unique_ptr<TestDisplay>> displays;
};

INSTANTIATE_TEST_SUITE_P(Screens, EachStepOfScreens,
                         ::testing::Values(Driver::dirty, Driver::flip, Driver::direct));

TEST_P(EachStepOfScreens, may_find_no_descriptor_or_memory_in_the_kernel) {
    in_each_step_of_all(FailingCalls::Kind::kernel);
}

TEST_P(EachStepOfScreens, may_find_no_memory_in_the_process) {
    in_each_step_of_all(FailingCalls::Kind::memory);
}

TEST_P(EachStepOfScreens, may_meet_a_driver_whose_rows_are_no_picture) {
    kms.connector(1).connected = false;
    expect_everything_shown("a screen has gone");
    kms.odd_rows = true;
    kms.connector(1).connected = true;
    kms.announce();
    EXPECT_TRUE(testing::dispatch_until(loop, [&] { return displays[1]->observer.said("stride") > 0; }));
    EXPECT_TRUE(displays[0]->output.visible());
    EXPECT_FALSE(displays[1]->output.visible());
    kms.odd_rows = false;
    expect_everything_shown("rows are as they should be");
}

}  // namespace
}  // namespace hvfbd::testing
