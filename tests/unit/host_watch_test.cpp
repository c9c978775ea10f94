#include "output/hyperv/host_watch.h"

#include <gtest/gtest.h>

namespace hvfbd::hyperv {
namespace {

using namespace std::chrono_literals;

class AHostWatch : public ::testing::Test {
  protected:
    bool check() { return watch.check(read, write, now); }
    // Checks whenever it wants to. True: the host is dead by then.
    bool pass(Duration time) {
        bool dead = false;
        for (Time end = now + time; watch.due() && *watch.due() <= end && !dead;) {
            now = *watch.due();
            dead = check();
        }
        return dead;
    }
    Time now{1h};
    HostWatch watch{10s};
    std::uint32_t read = 64, write = 64;
};

TEST_F(AHostWatch, wants_no_time_while_the_host_has_read_everything) {
    EXPECT_FALSE(check());
    EXPECT_FALSE(watch.due());
    write = 128;
    EXPECT_FALSE(check());
    EXPECT_TRUE(watch.due());
    read = 128;
    EXPECT_FALSE(pass(10s));
    EXPECT_FALSE(watch.due()) << "one check finds that out, and there is no other";
}

TEST_F(AHostWatch, takes_a_host_for_dead_that_reads_nothing_for_ten_seconds_while_messages_wait) {
    write = 128;
    check();
    Time began = now;
    EXPECT_TRUE(pass(1min));
    EXPECT_EQ(now, began + 10s);
}

TEST_F(AHostWatch, counts_from_the_message_and_not_from_the_last_one_that_was_read) {
    write = 128;
    check();
    EXPECT_FALSE(pass(9s));
    read = 128;
    check();
    now += 1h;
    check();
    write = 192;
    check();
    EXPECT_FALSE(pass(9s));
}

TEST_F(AHostWatch, takes_no_host_for_dead_that_reads_slowly) {
    write = 8000;
    check();
    for (; read < write - 64; read += 64) EXPECT_FALSE(pass(9s)) << read;
    EXPECT_TRUE(pass(1min));
}

TEST_F(AHostWatch, takes_a_host_for_dead_however_much_more_it_is_sent) {
    bool dead = false;
    Time began = now;
    for (; !dead && now < began + 1min; now += 50ms) {
        write += 64;
        dead = check();
    }
    EXPECT_TRUE(dead);
    EXPECT_LE(now, began + 11s);
}

TEST_F(AHostWatch, does_not_count_the_time_in_which_this_process_was_stopped) {
    write = 128;
    check();
    EXPECT_FALSE(pass(5s));
    now += 1h;
    EXPECT_FALSE(check());
    EXPECT_FALSE(pass(4s)) << "the host could not be seen reading meanwhile";
    EXPECT_TRUE(pass(10s));
}

TEST(HostWatch, counts_for_a_message_that_the_host_never_read_from_the_first_byte_on) {
    HostWatch watch(10s);
    Time now(100s);
    bool dead = false;
    for (int second = 0; second < 11; ++second) dead = watch.check(0, 64, now + std::chrono::seconds(second));
    EXPECT_TRUE(dead);
}

TEST_F(AHostWatch, begins_anew_with_another_ring) {
    write = 128;
    check();
    EXPECT_FALSE(pass(9s));
    watch.reset();
    EXPECT_FALSE(watch.due());
    check();
    EXPECT_FALSE(pass(9s));
}

}  // namespace
}  // namespace hvfbd::hyperv
