#include <gtest/gtest.h>

#include "base/error.h"
#include "fakes/fake_card.h"
#include "fakes/fake_output.h"
#include "fakes/fake_uio_machine.h"
#include "output/drm/screens.h"
#include "output/memory_output.h"
#include "output/uio/uio_output.h"

namespace hvfbd {
namespace {

struct Listener : OutputListener {
    void output_changed() noexcept override { ++changes; }
    void output_said(Importance, const std::string&) override { ++said; }
    unsigned changes = 0, said = 0;
};

std::unique_ptr<Outputs> alone(std::unique_ptr<Output> output) {
    auto outputs = std::make_unique<SeparateOutputs>();
    outputs->add(std::move(output));
    return outputs;
}

struct MemoryKind {
    static std::unique_ptr<Outputs> make() {
        return alone(std::make_unique<MemoryOutput>(Mode{200, 100}, 5));
    }
};
struct FakeKind {
    static std::unique_ptr<Outputs> make() {
        return alone(std::make_unique<testing::FakeOutput>(layout_for({200, 100})));
    }
};

// On a device that is a display adapter: one that is not has one mode only.
struct UioKind {
    UioKind() {
        machine.plug("0000:00:10.0", true);
        machine.bind("0000:00:10.0", "uio0", 4 << 20);
    }
    std::unique_ptr<Outputs> make() {
        return alone(std::make_unique<uio::UioOutput>(
            loop, std::make_unique<uio::KernelScreenPort>("/dev/uio0", "", 0, machine.folders()),
            machine.folders().devices, uio::UioOutput::Options{Mode{200, 100}, 0}));
    }
    testing::FakeUioMachine machine;
    EventLoop loop;
};

template <testing::FakeKms::Driver driver>
struct DrmKind {
    static std::unique_ptr<Outputs> make() {
        static std::unique_ptr<testing::FakeKms> kms;
        static std::unique_ptr<EventLoop> loop;
        loop = std::make_unique<EventLoop>();
        kms = std::make_unique<testing::FakeKms>(driver);
        return std::make_unique<drm::Screens>(*loop, std::make_unique<testing::FakeCardPort>(*kms),
                                              drm::Screens::Options{"", Mode{200, 100}});
    }
};
using Driver = testing::FakeKms::Driver;

template <typename Kind>
class AnOutput : public ::testing::Test {
  protected:
    Kind kind;
    std::unique_ptr<Outputs> outputs = kind.make();
    Output* output = outputs->all().front();
    Listener listener;
};
using Kinds = ::testing::Types<MemoryKind, FakeKind, UioKind, DrmKind<Driver::dirty>, DrmKind<Driver::flip>,
                               DrmKind<Driver::direct>>;
TYPED_TEST_SUITE(AnOutput, Kinds);

TYPED_TEST(AnOutput, has_a_layout_that_holds_its_mode_and_a_scanout_to_match_or_none) {
    Layout layout = this->output->layout();
    EXPECT_EQ(layout.width, 200u);
    EXPECT_EQ(layout.height, 100u);
    EXPECT_GE(layout.stride, 800u);
    auto scanout = this->output->scanout();
    EXPECT_TRUE(scanout.empty() || scanout.size() >= std::size_t{layout.stride} * layout.height);
}

TYPED_TEST(AnOutput, takes_a_rectangle_anywhere_on_the_screen) {
    std::vector<Rectangle> everywhere{{0, 0, 200, 100}, {199, 99, 200, 100}};
    EXPECT_EQ(this->output->present(everywhere), Output::Presented::done);
}

TYPED_TEST(AnOutput, is_shown_at_first) {
    EXPECT_TRUE(this->output->visible());
}

TYPED_TEST(AnOutput, has_a_scanout_that_can_be_written_everywhere) {
    for (std::byte& byte : this->output->scanout()) byte = std::byte{0x5a};
    std::vector<Rectangle> whole{{0, 0, 200, 100}};
    EXPECT_EQ(this->output->present(whole), Output::Presented::done);
}

TYPED_TEST(AnOutput, says_what_it_said_before_anybody_listened_and_nothing_twice) {
    this->output->listen(&this->listener);
    auto said = this->listener.said;
    this->output->listen(nullptr);
    this->output->listen(&this->listener);
    EXPECT_EQ(this->listener.said, said);
    this->output->listen(nullptr);
}

TYPED_TEST(AnOutput, changes_its_mode_and_says_so_and_refuses_what_cannot_be) {
    this->output->listen(&this->listener);
    this->output->set_mode({640, 480});
    EXPECT_EQ(this->output->layout().width, 640u);
    EXPECT_EQ(this->listener.changes, 1u);
    EXPECT_THROW(this->output->set_mode({0, 480}), RequestError);
    EXPECT_EQ(this->output->layout().width, 640u);
    this->output->listen(nullptr);
    this->output->set_mode({200, 100});
    EXPECT_EQ(this->listener.changes, 1u);
}

TEST(MemoryOutput, is_hidden_while_nobody_looks_once_somebody_did) {
    MemoryOutput output({10, 10});
    EXPECT_TRUE(output.visible());
    output.viewers_changed(1);
    EXPECT_TRUE(output.visible());
    output.viewers_changed(0);
    EXPECT_FALSE(output.visible());
    output.viewers_changed(2);
    EXPECT_TRUE(output.visible());
}

}  // namespace
}  // namespace hvfbd
