#include "devices/kernel_uio.h"

#include <fcntl.h>

#include <map>

#include "base/descriptor.h"
#include "base/error.h"
#include "common/numbers.h"
#include "devices/uio_maps.h"

namespace hvfbd {

namespace {

class KernelUio : public UioDevice {
  public:
    KernelUio(Descriptor node, std::string name, std::filesystem::path maps,
              std::optional<unsigned> monitor_id)
        : node_(std::move(node)), name_(std::move(name)), folder_(std::move(maps)), monitor_id_(monitor_id) {}

    int descriptor() const override { return node_.get(); }
    std::optional<unsigned> monitor_id() const override { return monitor_id_; }
    Interrupt acknowledge() override {
        std::uint32_t count = 0;
        ssize_t got = ::read(node_.get(), &count, sizeof count);
        if (got == sizeof count) return Interrupt::some;
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Interrupt::none;
        // EIO: the driver has taken the interrupt away, the channel is rescinded.
        gone_ = true;
        return Interrupt::gone;
    }
    std::optional<UioMap> map(std::string_view name) override;
    std::optional<Saved> save() const override {
        if (gone_) return std::nullopt;
        return Saved{name_ + (monitor_id_ ? " " + std::to_string(*monitor_id_) : ""), {node_.get()}};
    }
    void signal() noexcept override {
        std::uint32_t on = 1;
        // EIO shows with the next read as well.
        [[maybe_unused]] ssize_t written = ::write(node_.get(), &on, sizeof on);
    }

  private:
    Descriptor node_;
    std::string name_;
    bool gone_ = false;
    std::filesystem::path folder_;
    std::optional<unsigned> monitor_id_;
    std::map<std::string, DeviceMemory, std::less<>> maps_;
};

std::optional<UioMap> KernelUio::map(std::string_view name) {
    if (auto known = maps_.find(name); known != maps_.end())
        return UioMap{known->second.bytes, known->second.address};
    auto entry = find_uio_map(folder_, name);
    if (!entry) return std::nullopt;
    DeviceMemory memory = map_uio(node_, *entry);
    UioMap view{memory.bytes, memory.address};
    maps_.emplace(name, std::move(memory));
    return view;
}

}  // namespace

std::unique_ptr<UioDevice> KernelUioPort::open() {
    Where where = find_();
    std::string node = devices_ / where.name;
    Descriptor descriptor(::open(node.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!descriptor) throw_errno("open " + node);
    return std::make_unique<KernelUio>(std::move(descriptor), where.name,
                                       sysfs_ / "class" / "uio" / where.name / "maps", where.monitor_id);
}

// The configuration may name another one than it did. Where it cannot be said now which one it is, as while
// the host has taken the device away, that is no reason to give up what was saved.
bool KernelUioPort::is_another_now(const std::string& name) const {
    try {
        return find_().name != name;
    } catch (const std::system_error& error) {
        if (is_shortage(error)) throw;
        return false;
    }
}

std::unique_ptr<UioDevice> KernelUioPort::restore(const std::string& text,
                                                  std::vector<Descriptor> descriptors) {
    std::string name = text.substr(0, text.find(' '));
    std::optional<unsigned> monitor_id;
    if (name.size() < text.size()) {
        monitor_id = whole_number<unsigned>(std::string_view(text).substr(name.size() + 1));
        if (!monitor_id) return nullptr;
    }
    // A path of sysfs is made of it.
    if (descriptors.size() != 1 || name.empty() || name.find('/') != std::string::npos || name.front() == '.')
        return nullptr;
    if (is_another_now(name)) return nullptr;
    return std::make_unique<KernelUio>(std::move(descriptors.front()), name,
                                       sysfs_ / "class" / "uio" / name / "maps", monitor_id);
}

}  // namespace hvfbd
