// Modes for whose picture there is no memory.
#include <sys/resource.h>

#include <csignal>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

// No file of this process's, a picture included, may become larger than this.
class LimitedFiles {
  public:
    explicit LimitedFiles(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    LimitedFiles(const LimitedFiles&) = delete;
    LimitedFiles& operator=(const LimitedFiles&) = delete;
    ~LimitedFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(ADisplay, refuses_a_mode_that_there_is_no_memory_for_and_goes_on_in_its_own) {
    RawClient client = open_explicit();
    const LimitedFiles limited(1 << 20);
    try {
        display->set_mode({1024, 768}, loop.now());
        FAIL() << "it was accepted";
    } catch (const RequestError& refused) {
        EXPECT_EQ(refused.kind(), RequestError::Kind::failed);
        EXPECT_NE(std::string(refused.what()).find("1024x768"), std::string::npos) << refused.what();
    }
    display->update(loop.now());
    EXPECT_EQ(display->layout().width, 320u);
    EXPECT_FALSE(display->save(display->settings()).mode) << "the next process would begin with it";
    client.pixel(3, 3) = 3;
    client.damaged({3, 3, 4, 4});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(3, 3) == 3; }));
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(ADisplay, shows_nothing_in_a_mode_of_the_hosts_that_there_is_no_memory_for_until_somebody_asks_again) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    {
        const LimitedFiles limited(1 << 20);
        output.set_mode({1024, 768});
        const std::size_t told = output.submitted().size();
        for (std::uint32_t i = 0; i < 3; ++i) {
            client.pixel(i, 2) = 2;
            client.damaged({0, 2, 3, 3});
            dispatch_until([] { return false; }, 60ms);
        }
        ASSERT_EQ(observer.said.size(), 1u) << "once";
        EXPECT_NE(observer.said[0].find("1024x768"), std::string::npos) << observer.said[0];
        EXPECT_EQ(display->problem(), observer.said[0]);
        EXPECT_NE(display->problem().find("set a smaller mode"), std::string::npos);
        EXPECT_EQ(output.submitted().size(), told);
        client.pixel(3, 3) = 3;
    }
    RawClient another = open_explicit("another");
    another.hang_up();
    ASSERT_TRUE(dispatch_until([&] { return display->layout().width == 1024; }));
    EXPECT_EQ(display->problem(), "");
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(3, 3) == 3; }));
    EXPECT_TRUE(output.host_equals(display->front()));
    EXPECT_TRUE(await(client, HVFB_CONFIGURE));
}

}  // namespace
}  // namespace hvfbd::testing
