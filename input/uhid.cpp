#include "input/uhid.h"

#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>

#include "common/descriptor.h"
#include "input/hid_reports.h"
#include "input/node.h"
#include "input/pending_reports.h"

namespace input {

namespace {

class UhidDevice : public Device {
  public:
    UhidDevice(hvfbd::Descriptor node, Kind kind, std::string name)
        : node_(std::move(node)),
          reports_(kind),
          pending_(std::chrono::steady_clock::now()),
          name_(std::move(name)) {
        uhid_event event{};
        event.type = UHID_CREATE2;
        auto& create = event.u.create2;
        std::strncpy(reinterpret_cast<char*>(create.name), name_.c_str(), sizeof create.name - 1);
        const auto& descriptor = reports_.descriptor();
        create.rd_size = static_cast<std::uint16_t>(descriptor.size());
        create.bus = BUS_VIRTUAL;
        constexpr std::uint32_t linux_foundation = 0x1d6b;
        create.vendor = linux_foundation;
        create.product = description_of(kind).product;
        std::ranges::copy(descriptor, create.rd_data);
        write_whole(node_.get(), &event, sizeof event, "make " + name_);
    }

    void send(std::span<const Event> events) override {
        pending_.add(reports_.take(events));
        go_on(std::chrono::steady_clock::now());
    }

    std::optional<int> waits_for() const override { return node_.get(); }
    std::optional<Time> waits_until() const override { return pending_.due(); }

    void go_on(Time now) override {
        read_events(now);
        if (pending_.has_no_driver(now)) {
            errno = ENODEV;
            fail("wait for the driver hid-generic of " + name_);
        }
        for (const HidReports::Report& report : pending_.take(now)) {
            uhid_event event{};
            event.type = UHID_INPUT2;
            event.u.input2.size = static_cast<std::uint16_t>(report.size());
            std::ranges::copy(report, event.u.input2.data);
            write_whole(node_.get(), &event, offsetof(uhid_event, u.input2.data) + report.size(),
                        "type on " + name_);
        }
    }

  private:
    // The kernel says who starts, opens and closes it. It keeps 32 of these, and complains of the next.
    void read_events(Time now) {
        uhid_event event;
        while (::read(node_.get(), &event, sizeof event) > 0)
            if (event.type == UHID_START) pending_.driver_began(now);
    }

    hvfbd::Descriptor node_;  // closed, the kernel removes the device
    HidReports reports_;
    PendingReports pending_;
    std::string name_;
};

}  // namespace

void Uhid::check() {
    open_node(path_, O_RDWR);
}

std::unique_ptr<Device> Uhid::make(Kind kind) {
    return std::make_unique<UhidDevice>(open_node(path_, O_RDWR), kind, description_of(kind).name);
}

}  // namespace input
