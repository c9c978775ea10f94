#include "input/uinput.h"

#include <fcntl.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>

#include <cstring>
#include <utility>
#include <vector>

#include "common/descriptor.h"
#include "input/node.h"

namespace input {

namespace {

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
        write_whole(node_.get(), said.data(), said.size() * sizeof(input_event), "type on " + name_);
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
    open_node(path_, O_WRONLY);
}

std::unique_ptr<Device> Uinput::make(Kind kind) {
    hvfbd::Descriptor node = open_node(path_, O_WRONLY);
    const Description wanted = description_of(kind);
    set_up(node.get(), wanted);
    return std::make_unique<UinputDevice>(std::move(node), wanted.name);
}

}  // namespace input
