// What devices promise: the fake that other tests use, and the kernel's where there is uinput.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/descriptor.h"
#include "fakes/fake_input.h"
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
    // From now on what the device of that name says is kept; without the ends of reports.
    virtual void open(const std::string& name) = 0;
    virtual std::vector<Event> said(std::size_t at_least) = 0;
    virtual bool has_key(std::uint16_t code) = 0;
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

class KernelReader : public Reader {
  public:
    Devices& devices() override { return uinput_; }
    bool has(const std::string& name) override { return bool(find(name)); }
    void open(const std::string& name) override {
        ASSERT_TRUE(wait_until([&] { return bool(device_ = find(name)); }));
    }
    std::vector<Event> said(std::size_t at_least) override {
        std::vector<Event> found;
        wait_until([&] {
            input_event event{};
            while (::read(device_.get(), &event, sizeof event) == sizeof event)
                if (event.type != EV_SYN) found.push_back({event.type, event.code, event.value});
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

    Uinput uinput_;
    hvfbd::Descriptor device_;
};

std::vector<std::string> kinds_of_devices() {
    std::vector<std::string> kinds = {"Fake"};
    if (const hvfbd::Descriptor node(::open("/dev/uinput", O_WRONLY | O_CLOEXEC)); node)
        kinds.emplace_back("Uinput");
    return kinds;
}

class InputDeviceContract : public testing::TestWithParam<std::string> {
  protected:
    InputDeviceContract() {
        if (GetParam() == "Fake")
            reader = std::make_unique<FakeReader>();
        else
            reader = std::make_unique<KernelReader>();
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
    const auto device = reader->devices().make(Kind::pointer);
    reader->open(description_of(Kind::pointer).name);
    device->send(std::vector<Event>{
        {EV_ABS, ABS_X, 65535}, {EV_KEY, BTN_EXTRA, 1}, {EV_REL, REL_WHEEL, -3}, {EV_SYN, SYN_REPORT, 0}});
    const std::vector<Event> expected = {
        {EV_ABS, ABS_X, 65535}, {EV_KEY, BTN_EXTRA, 1}, {EV_REL, REL_WHEEL, -3}};
    EXPECT_EQ(reader->said(3), expected);
}

TEST_P(InputDeviceContract, WhatChangesNothingIsNotSaidAndARepeatIs) {
    const auto device = reader->devices().make(Kind::keyboard);
    reader->open(description_of(Kind::keyboard).name);
    device->send(std::vector<Event>{{EV_KEY, KEY_A, 1},
                                    {EV_KEY, KEY_A, 1},
                                    {EV_KEY, KEY_A, 2},
                                    {EV_KEY, KEY_B, 0},
                                    {EV_KEY, KEY_A, 0},
                                    {EV_SYN, SYN_REPORT, 0}});
    const std::vector<Event> expected = {{EV_KEY, KEY_A, 1}, {EV_KEY, KEY_A, 2}, {EV_KEY, KEY_A, 0}};
    EXPECT_EQ(reader->said(3), expected);
}

TEST_P(InputDeviceContract, TheKeyboardHasTheKeysThatItSays) {
    const auto device = reader->devices().make(Kind::keyboard);
    reader->open(description_of(Kind::keyboard).name);
    for (std::uint16_t code = 1; code < KEY_MAX; ++code)
        EXPECT_EQ(reader->has_key(code), keyboard_has(code)) << code;
}

}  // namespace
}  // namespace input
