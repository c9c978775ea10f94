// A mode that changes again before its client has said that it took the buffer for it.
#include <fcntl.h>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

class AnOffer : public DisplayFixture {
  protected:
    AnOffer() : client(open({"kept", true, true})) {
        client.hello(0);
        dispatch_until([&] { return display->surfaces().active()->client_state().handshake_complete(); });
    }

    RawClient::Received offer(Mode mode) {
        output.set_mode(mode);
        display->update(loop.now());
        auto configure = await(client, HVFB_CONFIGURE);
        if (!configure || !configure->attached) throw std::runtime_error("nothing was offered");
        return std::move(*configure);
    }
    // As libhvfb takes a buffer, and draws there.
    static void draw(const RawClient::Received& offered, std::uint32_t pixel) {
        auto layout = offered.as<hvfb_configure>().layout;
        Mapping pixels{offered.attached, layout.size, Mapping::Access::read_write};
        if (::fcntl(offered.attached.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0)
            throw std::runtime_error("it cannot be sealed");
        std::memcpy(pixels.bytes().data() + 8, &pixel, sizeof pixel);
    }
    void answer(const RawClient::Received& offered) {
        client.send(HVFB_CONFIGURED, hvfb_configured{{}, offered.as<hvfb_configure>().serial});
    }

    RawClient client;
};

TEST_F(AnOffer,
       that_was_taken_is_what_a_kept_picture_is_though_a_newer_one_replaced_it_before_that_was_read) {
    auto first = offer({400, 300});
    draw(first, 0x77);
    answer(first);
    auto second = offer({640, 480});
    client.hang_up();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(2, 0) == 0x77; }));
    EXPECT_EQ(open({"kept", true, true}).pixel(2, 0), 0x77u);
}

TEST_F(AnOffer, that_is_taken_after_a_newer_one_replaced_it_is_what_a_kept_picture_is) {
    auto first = offer({400, 300});
    auto second = offer({640, 480});
    draw(first, 0x77);
    client.hang_up();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(2, 0) == 0x77; }));
    EXPECT_EQ(open({"kept", true, true}).pixel(2, 0), 0x77u);
}

TEST_F(AnOffer, is_shown_once_it_is_taken_and_the_newer_one_when_that_is) {
    auto first = offer({400, 300});
    auto second = offer({640, 480});
    draw(first, 0x11);
    answer(first);
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(2, 0) == 0x11; }));
    draw(second, 0x22);
    answer(second);
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(2, 0) == 0x22; }));
    EXPECT_EQ(display->surfaces().active()->shadow().layout().width, 640u);
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(AnOffer, that_is_replaced_again_and_again_is_there_twice_at_most) {
    std::vector<RawClient::Received> offers;
    for (std::uint32_t width = 400; width < 420; ++width) offers.push_back(offer({width, 300}));
    std::vector<StoredDescriptor> stored_descriptors;
    display->add_stored_descriptors(stored_descriptors);
    EXPECT_EQ(stored_descriptors.size(), 4u) << "the buffer, two offers and the channel";
    draw(offers.back(), 0x33);
    answer(offers.back());
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(2, 0) == 0x33; }));
    stored_descriptors.clear();
    display->add_stored_descriptors(stored_descriptors);
    EXPECT_EQ(stored_descriptors.size(), 2u);
}

TEST_F(AnOffer, that_was_replaced_and_taken_is_restored_in_the_next_process) {
    auto first = offer({400, 300});
    auto second = offer({640, 480});
    draw(first, 0x77);
    std::vector<StoredDescriptor> stored_descriptors;
    display->add_stored_descriptors(stored_descriptors);
    RestoredDescriptors restored;
    for (const StoredDescriptor& stored_descriptor : stored_descriptors)
        restored.add(stored_descriptor.name,
                     Descriptor(::fcntl(stored_descriptor.descriptor, F_DUPFD_CLOEXEC, 3)));
    SavedDisplay saved = display->save(display->settings());
    FakeOutput next_output(layout_for({640, 480}));
    Display next(loop, next_output, display->settings(), observer);
    next.restore(saved, std::uint64_t{1} << 32, restored, loop.now());
    ASSERT_EQ(next.surfaces().all().size(), 1u);
    EXPECT_EQ(next.surfaces().active()->shadow().layout().width, 400u);
}

}  // namespace
}  // namespace hvfbd::testing
