#include "output/kernel_uio.h"

#include <fcntl.h>

#include <charconv>
#include <fstream>
#include <map>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/mapping.h"

namespace hvfbd {

namespace {

// One line of a sysfs attribute; empty if there is none.
std::string attribute(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

std::optional<std::uint64_t> hexadecimal(std::string text) {
    if (text.starts_with("0x")) text.erase(0, 2);
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Map {
    Mapping memory;
    UioMap view;
};

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
    std::optional<Kept> kept() const override {
        if (gone_) return std::nullopt;
        return Kept{name_ + (monitor_id_ ? " " + std::to_string(*monitor_id_) : ""), {node_.get()}};
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
    std::map<std::string, Map, std::less<>> maps_;
};

std::optional<UioMap> KernelUio::map(std::string_view name) {
    if (auto known = maps_.find(name); known != maps_.end()) return known->second.view;
    for (unsigned index = 0;; ++index) {
        std::filesystem::path folder = folder_ / ("map" + std::to_string(index));
        if (!std::filesystem::exists(folder)) return std::nullopt;
        // Old drivers leave the names out: "mapN" means the number then, and always.
        if (attribute(folder / "name") != name && folder.filename() != name) continue;
        auto size = hexadecimal(attribute(folder / "size"));
        auto address = hexadecimal(attribute(folder / "addr"));
        // Where the data begins in its first page.
        std::uint64_t offset = hexadecimal(attribute(folder / "offset")).value_or(0);
        if (!size || *size == 0) throw_errno("read the size of " + folder.string(), EINVAL);
        // The kernel takes the map's number from the offset, and maps that map from its beginning.
        std::uint64_t whole = (offset + *size + page_size() - 1) / page_size() * page_size();
        Mapping memory(node_, whole, Mapping::Access::read_write, index * page_size());
        UioMap view{memory.bytes().subspan(offset, *size), address.value_or(0)};
        return maps_.emplace(name, Map{std::move(memory), view}).first->second.view;
    }
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

std::unique_ptr<UioDevice> KernelUioPort::go_on(const std::string& text,
                                                std::vector<Descriptor> descriptors) {
    std::string name = text.substr(0, text.find(' '));
    std::optional<unsigned> monitor_id;
    if (name.size() < text.size()) {
        unsigned value = 0;
        const char* end = text.data() + text.size();
        if (auto [at, error] = std::from_chars(text.data() + name.size() + 1, end, value);
            error != std::errc{} || at != end)
            return nullptr;
        monitor_id = value;
    }
    // A path of sysfs is made of it.
    if (descriptors.size() != 1 || name.empty() || name.find('/') != std::string::npos || name.front() == '.')
        return nullptr;
    return std::make_unique<KernelUio>(std::move(descriptors.front()), name,
                                       sysfs_ / "class" / "uio" / name / "maps", monitor_id);
}

}  // namespace hvfbd
