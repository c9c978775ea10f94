// Shortage of descriptors: what cannot be had is refused whole, and concerns nobody else.
#include "display_fixture.h"
#include "limited_descriptors.h"

namespace hvfbd::testing {
namespace {

class AShortage : public DisplayFixture {
  protected:
    // The sockets of those who do not read are full from now on.
    void fill_queues() {
        std::vector<StoredDescriptor> stored_descriptors;
        display->add_stored_descriptors(stored_descriptors);
        int least = 1;
        for (const StoredDescriptor& stored_descriptor : stored_descriptors)
            ::setsockopt(stored_descriptor.descriptor, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
        for (unsigned i = 1; i <= 20; ++i) {
            DisplaySettings settings = display->settings();
            settings.idle_timeout += std::chrono::milliseconds(1);
            display->change_settings(settings, loop.now());
            display->update(loop.now());
        }
    }
};

// More than any operation needs.
constexpr unsigned enough = 40;

TEST_F(AShortage, of_descriptors_lets_a_client_come_back_to_its_kept_surface_whole_or_not_at_all) {
    {
        RawClient client = open({"kept", true, true});
        client.hello(0);
        client.pixel(7, 7) = 0x77;
        client.damaged({7, 7, 8, 8});
        ASSERT_TRUE(dispatch_until([&] { return front_pixel(7, 7) == 0x77; }));
    }
    ASSERT_TRUE(dispatch_until([&] { return display->surfaces().active()->client() == nullptr; }));
    const std::size_t before = open_descriptors();
    unsigned left = 0;
    for (; left < enough; ++left) {
        std::optional<Surfaces::Opened> opened;
        {
            const LimitedDescriptors limited(left);
            try {
                opened = display->open_surface({"kept", true, true}, Client{":1.1", 1000, 1, {}}, loop.now());
            } catch (const std::system_error& error) {
                EXPECT_NE(std::string(error.what()).find("LimitNOFILE="), std::string::npos) << error.what();
            }
        }
        // Whatever came of it, the next dispatches and another mode are as before.
        output.set_mode({320u + left % 2 * 80, 200});
        dispatch_while_ready();
        if (opened) break;
        EXPECT_EQ(display->surfaces().active()->client(), nullptr);
        EXPECT_EQ(open_descriptors(), before) << left;
    }
    ASSERT_GT(left, 2u) << "nothing was refused";
    ASSERT_LT(left, enough);
    EXPECT_NE(display->surfaces().active()->client(), nullptr);
    EXPECT_EQ(front_pixel(7, 7), 0x77u);
}

TEST_F(AShortage, of_descriptors_and_a_new_mode_leave_a_client_that_does_not_read_what_it_was_offered) {
    RawClient silent = open_explicit("silent");
    dispatch_while_ready();
    fill_queues();
    unsigned refused = 0;
    for (unsigned left = 0; left < 8; ++left) {
        const LimitedDescriptors limited(left);
        output.set_mode({400 + left, 300});
        ASSERT_NO_THROW(display->update(loop.now())) << left;
        refused += display->layout().width != 400 + left;
    }
    EXPECT_GT(refused, 0u);
    display->refresh(loop.now());
    output.set_mode({640, 480});
    display->update(loop.now());
    EXPECT_EQ(display->layout().width, 640u);
    std::uint32_t newest = 0;
    dispatch_until([&] {
        while (auto received = silent.receive())
            if (received->type() == HVFB_CONFIGURE) {
                newest = received->as<hvfb_configure>().layout.width;
                EXPECT_TRUE(received->attached);
            }
        return newest == 640;
    });
    EXPECT_EQ(newest, 640u);
}

}  // namespace
}  // namespace hvfbd::testing
