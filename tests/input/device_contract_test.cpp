// What devices promise: the fake that other tests use, and the kernel's where there is uinput or uhid.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/descriptor.h"
#include "fakes/fake_input.h"
#include "input/hid_reports.h"
#include "input/uhid.h"
#include "input/uinput.h"

namespace input {
namespace {

constexpr auto generous = std::chrono::seconds(60);

template <typename Holds>
bool wait_until(Holds holds) {
    const auto deadline = std::chrono::steady_clock::now() + generous;
    while (!holds())
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        else
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return true;
}

// Who reads devices.
class Reader {
  public:
    virtual ~Reader() = default;
    virtual Devices& devices() = 0;
    virtual bool has(const std::string& name) = 0;
    // From now on what the device of that name says is kept; without the ends of reports, and without the
    // numbers that keys of HID have there.
    virtual void open(const std::string& name) = 0;
    virtual std::vector<Event> said(std::size_t at_least) = 0;
    virtual bool has_key(std::uint16_t code) = 0;
    // By HID the kernel repeats keys itself, and does not have all of them.
    virtual bool is_hid() const { return false; }
};

class FakeReader : public Reader {
  public:
    Devices& devices() override { return fake_; }
    bool has(const std::string& name) override { return fake_.find(name) != nullptr; }
    void open(const std::string& name) override {
        made_ = fake_.find(name);
        begin_ = made_->said.size();
    }
    std::vector<Event> said(std::size_t /*at_least*/) override {
        std::vector<Event> found;
        for (std::size_t i = begin_; i < made_->said.size(); ++i)
            if (made_->said[i].type != EV_SYN) found.push_back(made_->said[i]);
        return found;
    }
    bool has_key(std::uint16_t code) override {
        const auto& keys = made_->description.keys;
        return std::ranges::find(keys, code) != keys.end();
    }

  private:
    FakeInputDevices fake_;
    std::shared_ptr<FakeInputDevices::Made> made_;
    std::size_t begin_ = 0;
};

template <typename Kernels>
class KernelReader : public Reader {
  public:
    Devices& devices() override { return kernels_; }
    bool is_hid() const override { return std::is_same_v<Kernels, Uhid>; }
    bool has(const std::string& name) override { return bool(find(name)); }
    void open(const std::string& name) override {
        ASSERT_TRUE(wait_until([&] { return bool(device_ = find(name)); }));
    }
    std::vector<Event> said(std::size_t at_least) override {
        std::vector<Event> found;
        wait_until([&] {
            input_event event{};
            while (::read(device_.get(), &event, sizeof event) == sizeof event)
                if (event.type != EV_SYN && event.type != EV_MSC)
                    found.push_back({event.type, event.code, event.value});
            return found.size() >= at_least;
        });
        return found;
    }
    bool has_key(std::uint16_t code) override {
        unsigned char keys[KEY_MAX / 8 + 1] = {};
        return ::ioctl(device_.get(), EVIOCGBIT(EV_KEY, sizeof keys), keys) >= 0 &&
               (keys[code / 8] >> code % 8 & 1) != 0;
    }

  private:
    static hvfbd::Descriptor find(const std::string& wanted) {
        const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/dev/input"), ::closedir);
        while (const dirent* const entry = folder ? ::readdir(folder.get()) : nullptr) {
            if (std::strncmp(entry->d_name, "event", 5) != 0) continue;
            hvfbd::Descriptor device(::open((std::string("/dev/input/") + entry->d_name).c_str(),
                                            O_RDONLY | O_NONBLOCK | O_CLOEXEC));
            char name[256] = {};
            if (device && ::ioctl(device.get(), EVIOCGNAME(sizeof name - 1), name) >= 0 && name == wanted)
                return device;
        }
        return {};
    }

    Kernels kernels_;
    hvfbd::Descriptor device_;
};

std::vector<std::string> kinds_of_devices() {
    std::vector<std::string> kinds = {"Fake"};
    if (const hvfbd::Descriptor node(::open("/dev/uinput", O_WRONLY | O_CLOEXEC)); node)
        kinds.emplace_back("Uinput");
    if (const hvfbd::Descriptor node(::open("/dev/uhid", O_RDWR | O_CLOEXEC)); node)
        kinds.emplace_back("Uhid");
    return kinds;
}

class InputDeviceContract : public testing::TestWithParam<std::string> {
  protected:
    InputDeviceContract() {
        if (GetParam() == "Fake")
            reader = std::make_unique<FakeReader>();
        else if (GetParam() == "Uinput")
            reader = std::make_unique<KernelReader<Uinput>>();
        else
            reader = std::make_unique<KernelReader<Uhid>>();
    }
    // A device that somebody reads, to which the kernel has given what it was sent.
    std::unique_ptr<Device> make(Kind kind) {
        auto device = reader->devices().make(kind);
        reader->open(description_of(kind).name);
        settle(*device);
        return device;
    }
    static void settle(Device& device) {
        EXPECT_TRUE(wait_until([&device] {
            device.go_on(std::chrono::steady_clock::now());
            return !device.waits_until();
        }));
    }
    std::unique_ptr<Reader> reader;
};

INSTANTIATE_TEST_SUITE_P(Kinds, InputDeviceContract, testing::ValuesIn(kinds_of_devices()),
                         [](const auto& info) { return info.param; });

TEST_P(InputDeviceContract, ADeviceIsThereAsLongAsItsOwner) {
    for (const Kind kind : {Kind::keyboard, Kind::pointer, Kind::touch}) {
        const std::string name = description_of(kind).name;
        ASSERT_FALSE(reader->has(name)) << name;
        auto device = reader->devices().make(kind);
        EXPECT_TRUE(wait_until([&] { return reader->has(name); })) << name;
        device.reset();
        EXPECT_TRUE(wait_until([&] { return !reader->has(name); })) << name;
    }
}

TEST_P(InputDeviceContract, WhatIsSentIsSaidToTheValue) {
    const auto device = make(Kind::pointer);
    std::vector<Event> sent = {{EV_ABS, ABS_X, 65535},  {EV_KEY, BTN_EXTRA, 1},
                               {EV_REL, REL_WHEEL, -3}, {EV_REL, REL_WHEEL_HI_RES, -360},
                               {EV_REL, REL_HWHEEL, 1}, {EV_REL, REL_HWHEEL_HI_RES, 120}};
    auto expected = sent;
    sent.push_back({EV_SYN, SYN_REPORT, 0});
    device->send(sent);
    auto said = reader->said(expected.size());
    // A report of HID has no order.
    const auto number = [](const Event& event) { return std::pair(event.type, event.code); };
    std::ranges::sort(expected, {}, number);
    std::ranges::sort(said, {}, number);
    EXPECT_EQ(said, expected);
}

TEST_P(InputDeviceContract, WhatIsSentAtOnceIsNotLost) {
    const auto device = reader->devices().make(Kind::keyboard);
    // Who reads a device of uinput's comes too late; the text console does not.
    if (!reader->is_hid()) reader->open(description_of(Kind::keyboard).name);
    device->send(std::vector<Event>{{EV_KEY, KEY_A, 1}, {EV_SYN, SYN_REPORT, 0}});
    device->send(std::vector<Event>{{EV_KEY, KEY_A, 0}, {EV_SYN, SYN_REPORT, 0}});
    if (reader->is_hid()) reader->open(description_of(Kind::keyboard).name);
    settle(*device);
    EXPECT_EQ(reader->said(2), (std::vector<Event>{{EV_KEY, KEY_A, 1}, {EV_KEY, KEY_A, 0}}));
}

TEST_P(InputDeviceContract, WhatChangesNothingIsNotSaidAndARepeatIs) {
    const auto device = make(Kind::keyboard);
    device->send(std::vector<Event>{{EV_KEY, KEY_A, 1},
                                    {EV_KEY, KEY_A, 1},
                                    {EV_KEY, KEY_A, 2},
                                    {EV_KEY, KEY_B, 0},
                                    {EV_SYN, SYN_REPORT, 0}});
    // The kernel's repetitions: the first comes where nobody sends one.
    std::vector<Event> expected = {{EV_KEY, KEY_A, 1}, {EV_KEY, KEY_A, 2}};
    auto said = reader->said(2);
    ASSERT_GE(said.size(), 2u);
    if (reader->is_hid()) said.resize(2);
    EXPECT_EQ(said, expected);
    device->send(std::vector<Event>{{EV_KEY, KEY_A, 0}, {EV_SYN, SYN_REPORT, 0}});
    said.clear();
    ASSERT_TRUE(wait_until([&] {
        const auto more = reader->said(1);
        said.insert(said.end(), more.begin(), more.end());
        return !said.empty() && said.back() == Event{EV_KEY, KEY_A, 0};
    }));
}

TEST_P(InputDeviceContract, OneFingerIsAPointThatIsTouched) {
    const auto device = make(Kind::touch);
    device->send(std::vector<Event>{
        {EV_ABS, ABS_X, 10}, {EV_ABS, ABS_Y, 65535}, {EV_KEY, BTN_TOUCH, 1}, {EV_SYN, SYN_REPORT, 0}});
    auto said = reader->said(3);
    std::ranges::sort(said, {}, [](const Event& event) { return std::pair(event.type, event.code); });
    EXPECT_EQ(said,
              (std::vector<Event>{{EV_KEY, BTN_TOUCH, 1}, {EV_ABS, ABS_X, 10}, {EV_ABS, ABS_Y, 65535}}));
}

TEST_P(InputDeviceContract, TheKeyboardHasTheKeysThatItSays) {
    const auto device = make(Kind::keyboard);
    for (std::uint16_t code = 1; code < KEY_MAX; ++code) {
        const bool expected = reader->is_hid() ? usage_of_key(code).has_value() : keyboard_has(code);
        EXPECT_EQ(reader->has_key(code), expected) << code;
    }
}

}  // namespace
}  // namespace input
