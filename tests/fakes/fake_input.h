#pragma once

#include <linux/input-event-codes.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "input/device.h"

// What the kernel has of input devices, as far as a test looks.
class FakeInputDevices : public input::Devices {
  public:
    struct Made {
        input::Description description;
        std::vector<input::Event> said;
    };
    void check() override {
        if (missing) throw std::system_error(ENOENT, std::system_category(), "open /dev/uinput");
    }
    std::unique_ptr<input::Device> make(input::Kind kind) override {
        check();
        const auto made = std::make_shared<Made>(Made{input::description_of(kind), {}});
        there.insert(made);
        return std::make_unique<One>(*this, made);
    }
    std::shared_ptr<Made> find(const std::string& name) const {
        for (const auto& one : there)
            if (one->description.name == name) return one;
        return nullptr;
    }

    bool missing = false;
    std::set<std::shared_ptr<Made>> there;

  private:
    class One : public input::Device {
      public:
        One(FakeInputDevices& all, std::shared_ptr<Made> made) : all_(all), made_(std::move(made)) {}
        ~One() override { all_.there.erase(made_); }
        // As the kernel does it: what the device does not have, and what changes nothing, is left out.
        void send(std::span<const input::Event> events) override {
            for (const input::Event& event : events)
                if (passes(event)) made_->said.push_back(event);
        }

      private:
        bool passes(const input::Event& event) {
            const auto& has = made_->description;
            const auto in = [&event](const auto& codes) {
                return std::ranges::find(codes, event.code) != codes.end();
            };
            if (event.type == EV_SYN) return true;
            if (event.type == EV_REL) return in(has.relative) && event.value != 0;
            if (event.type == EV_KEY && !in(has.keys)) return false;
            if (event.type == EV_KEY && event.value == 2) return true;
            if (event.type == EV_ABS && std::ranges::none_of(has.axes, [&event](const input::Axis& axis) {
                    return axis.code == event.code;
                }))
                return false;
            return std::exchange(values_[{event.type, event.code}], event.value) != event.value;
        }

        FakeInputDevices& all_;
        std::shared_ptr<Made> made_;
        std::map<std::pair<std::uint16_t, std::uint16_t>, std::int32_t> values_;
    };
};
