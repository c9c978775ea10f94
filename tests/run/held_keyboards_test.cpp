#include "run/keyboards/held_keyboards.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>

namespace {

using namespace std::chrono_literals;
using run::HeldKeyboards;

hvfbd::Descriptor any_file() {
    return hvfbd::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// As the kernel: an open file takes a device from all others, and closing it gives that back.
struct FakeDevices : run::InputDevices {
    int grab(int device, bool taken) override {
        if (const auto refused = errors.find(device); taken && refused != errors.end())
            return refused->second;
        if (taken)
            grabbed.insert(device);
        else
            grabbed.erase(device);
        return 0;
    }
    bool has_keys_down(int device) override { return down.contains(device); }

    std::set<int> grabbed, down;
    std::map<int, int> errors;
};

class HeldKeyboardsTest : public testing::Test {
  protected:
    int add(HeldKeyboards::Device device) {
        hvfbd::Descriptor own = any_file();
        const int number = own.get();
        keyboards.add(device, std::move(own), now);
        return number;
    }

    FakeDevices devices;
    HeldKeyboards keyboards{devices};
    HeldKeyboards::Clock::time_point now{};
};

TEST_F(HeldKeyboardsTest, AreTakenWhileTheSurfaceIsActiveAndGivenBackAfterwards) {
    const int one = add(1), other = add(2);
    EXPECT_EQ(keyboards.update(now), std::nullopt);
    EXPECT_TRUE(devices.grabbed.empty());
    keyboards.set_active(true, now);
    EXPECT_EQ(keyboards.update(now), std::nullopt);
    EXPECT_EQ(devices.grabbed, (std::set<int>{one, other}));
    keyboards.set_active(false, now);
    EXPECT_EQ(keyboards.update(now), std::nullopt);
    EXPECT_TRUE(devices.grabbed.empty());
    EXPECT_EQ(keyboards.held(), 0u);
}

TEST_F(HeldKeyboardsTest, AKeyboardThatIsPluggedInIsTaken) {
    keyboards.set_active(true, now);
    const int late = add(1);
    keyboards.update(now);
    EXPECT_EQ(devices.grabbed, std::set<int>{late});
}

TEST_F(HeldKeyboardsTest, AKeyThatIsDownIsWaitedForAndNotForEver) {
    const int keyboard = add(1);
    devices.down.insert(keyboard);
    keyboards.set_active(true, now);
    const auto next = keyboards.update(now);
    ASSERT_TRUE(next && *next > now);
    EXPECT_TRUE(devices.grabbed.empty());
    devices.down.clear();
    keyboards.update(now = *next);
    EXPECT_EQ(keyboards.held(), 1u);

    keyboards.set_active(false, now);
    devices.down.insert(keyboard);
    keyboards.set_active(true, now);
    const auto start = now;
    while (keyboards.held() == 0 && now < start + 1h) {
        const auto again = keyboards.update(now);
        if (again) now = *again;
    }
    EXPECT_LT(now, start + 3s);
}

TEST_F(HeldKeyboardsTest, OneThatSomebodyElseHasIsTriedAgain) {
    const int keyboard = add(1);
    devices.errors[keyboard] = EBUSY;
    keyboards.set_active(true, now);
    const auto next = keyboards.update(now);
    ASSERT_TRUE(next && *next > now);
    devices.errors.clear();
    keyboards.update(*next);
    EXPECT_EQ(devices.grabbed, std::set<int>{keyboard});
}

TEST_F(HeldKeyboardsTest, OneThatTheProgramReadsIsItsAloneAtOnce) {
    add(1);
    keyboards.set_active(true, now);
    keyboards.update(now);
    hvfbd::Descriptor its = any_file();
    const int number = its.get();
    keyboards.opened_by_program(1, std::move(its), now);
    EXPECT_EQ(devices.grabbed, std::set<int>{number});
    // Once more: the newest one has it.
    hvfbd::Descriptor newer = any_file();
    const int newest = newer.get();
    keyboards.opened_by_program(1, std::move(newer), now);
    EXPECT_EQ(devices.grabbed, std::set<int>{newest});
    keyboards.set_active(false, now);
    EXPECT_TRUE(devices.grabbed.empty());
}

TEST_F(HeldKeyboardsTest, OneThatWasPulledOutIsForgotten) {
    const int keyboard = add(1);
    devices.errors[keyboard] = ENODEV;
    keyboards.set_active(true, now);
    EXPECT_EQ(keyboards.update(now), std::nullopt);
    EXPECT_FALSE(keyboards.has(1));
}

}  // namespace
