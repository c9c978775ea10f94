#include "input/uinput.h"

#include <fcntl.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "common/descriptor.h"

namespace input {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

hvfbd::Descriptor open_node(const std::string& path) {
    hvfbd::Descriptor made(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!made) fail("open " + path);
    return made;
}

class UinputDevice : public Device {
  public:
    UinputDevice(hvfbd::Descriptor node, std::string name) : node_(std::move(node)), name_(std::move(name)) {}

    void send(std::span<const Event> events) override {
        std::vector<input_event> said(events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            said[i].type = events[i].type;
            said[i].code = events[i].code;
            said[i].value = events[i].value;
        }
        const std::size_t size = said.size() * sizeof(input_event);
        // The kernel takes all that it can, and stops for a signal alone: there is none that is not blocked.
        const ssize_t written = ::write(node_.get(), said.data(), size);
        if (written < 0) fail("type on " + name_);
        if (static_cast<std::size_t>(written) != size) {
            errno = EIO;
            fail("type on " + name_);
        }
    }

  private:
    hvfbd::Descriptor node_;  // closed, the kernel removes the device
    std::string name_;
};

void set_up(int node, const Description& wanted) {
    const auto have = [node, &wanted](unsigned long request, int bit) {
        if (::ioctl(node, request, bit) < 0) fail(std::string("describe ") + wanted.name);
    };
    have(UI_SET_EVBIT, EV_SYN);
    if (!wanted.keys.empty()) have(UI_SET_EVBIT, EV_KEY);
    for (const std::uint16_t key : wanted.keys) have(UI_SET_KEYBIT, key);
    if (!wanted.relative.empty()) have(UI_SET_EVBIT, EV_REL);
    for (const std::uint16_t code : wanted.relative) have(UI_SET_RELBIT, code);
    for (const std::uint16_t property : wanted.properties) have(UI_SET_PROPBIT, property);
    if (!wanted.axes.empty()) have(UI_SET_EVBIT, EV_ABS);
    for (const Axis& axis : wanted.axes) {
        have(UI_SET_ABSBIT, axis.code);
        uinput_abs_setup setup{};
        setup.code = axis.code;
        setup.absinfo.maximum = axis.largest;
        if (::ioctl(node, UI_ABS_SETUP, &setup) < 0) fail(std::string("describe ") + wanted.name);
    }
    constexpr std::uint16_t linux_foundation = 0x1d6b;
    uinput_setup setup{};
    setup.id = {BUS_VIRTUAL, linux_foundation, wanted.product, 1};
    std::strncpy(setup.name, wanted.name, sizeof setup.name - 1);
    if (::ioctl(node, UI_DEV_SETUP, &setup) < 0 || ::ioctl(node, UI_DEV_CREATE) < 0)
        fail(std::string("make ") + wanted.name);
}

}  // namespace

void Uinput::check() {
    open_node(path_);
}

std::unique_ptr<Device> Uinput::make(Kind kind) {
    hvfbd::Descriptor node = open_node(path_);
    const Description wanted = description_of(kind);
    set_up(node.get(), wanted);
    return std::make_unique<UinputDevice>(std::move(node), wanted.name);
}

}  // namespace input
