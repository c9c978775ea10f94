#include "output/drm/kernel_card.h"

#include <fcntl.h>
#include <libudev.h>
#include <poll.h>
#include <xf86drm.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_reading.h"
#include "base/mapping.h"
#include "base/mapping_guard.h"

namespace hvfbd::drm {

namespace {

template <auto free>
struct Freed {
    template <typename T>
    void operator()(T* pointer) const {
        free(pointer);
    }
};
template <typename T, auto free>
using Owned = std::unique_ptr<T, Freed<free>>;

// What the caller can do something about; the rest is thrown.
Answer answer_of(int result, const std::string& tried) {
    if (result == 0) return Answer::done;
    int error = result < 0 && result != -1 ? -result : errno;
    switch (error) {
        case EBUSY:
            return Answer::busy;
        case ENOSYS:
        case EOPNOTSUPP:
            return Answer::not_supported;
        // EACCES by the ioctl's own rule; EPERM where a lease or a sandbox says no.
        case EACCES:
        case EPERM:
            return Answer::not_master;
        case ENODEV:
        case ENXIO:
            return Answer::gone;
        default:
            throw_errno(tried, error);
    }
}

class DumbBuffer : public Buffer {
  public:
    DumbBuffer(const Descriptor& card, Mode mode) : card_(card.get()) {
        drm_mode_create_dumb create{};
        create.width = mode.width;
        create.height = mode.height;
        create.bpp = 8 * bytes_per_pixel;
        std::string size = std::to_string(mode.width) + "x" + std::to_string(mode.height);
        if (::drmIoctl(card_, DRM_IOCTL_MODE_CREATE_DUMB, &create) != 0)
            throw_errno("make a dumb buffer of " + size);
        handle_ = create.handle;
        try {
            layout_ = layout_for(mode, create.pitch);
            if (::drmModeAddFB(card_, mode.width, mode.height, 24, 8 * bytes_per_pixel, create.pitch, handle_,
                               &framebuffer_) != 0)
                throw_errno("make a framebuffer of " + size);
            drm_mode_map_dumb map{};
            map.handle = handle_;
            if (::drmIoctl(card_, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0)
                throw_errno("map a dumb buffer of " + size);
            mapping_ = Mapping(card, create.size, Mapping::Access::read_write, map.offset);
            guard_ = MappingGuard(mapping_.bytes());
        } catch (...) {
            free();
            throw;
        }
    }
    DumbBuffer(const DumbBuffer&) = delete;
    DumbBuffer& operator=(const DumbBuffer&) = delete;
    ~DumbBuffer() override { free(); }

    Id framebuffer() const override { return framebuffer_; }
    Layout layout() const override { return layout_; }
    std::span<std::byte> bytes() override { return mapping_.bytes(); }

  private:
    void free() noexcept {
        guard_ = MappingGuard();
        mapping_ = Mapping();
        if (framebuffer_ != 0) ::drmModeRmFB(card_, framebuffer_);
        drm_mode_destroy_dumb destroy{};
        destroy.handle = handle_;
        ::drmIoctl(card_, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    }

    int card_;
    Id handle_ = 0, framebuffer_ = 0;
    Layout layout_;
    Mapping mapping_;
    MappingGuard guard_;
};

class KernelCard : public Card {
  public:
    explicit KernelCard(const std::string& node)
        : node_(::open(node.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
        if (!node_)
            throw_errno("open " + node +
                        (errno == EACCES ? " (the daemon's user must be in the node's group, video)" : ""));
        std::uint64_t dumb = 0;
        if (::drmGetCap(node_.get(), DRM_CAP_DUMB_BUFFER, &dumb) != 0 || dumb == 0)
            throw_errno("find dumb buffers in " + node, ENOTSUP);
        Owned<drmVersion, ::drmFreeVersion> version(::drmGetVersion(node_.get()));
        name_ =
            (version ? std::string(version->name, static_cast<std::size_t>(version->name_len)) + ", " : "") +
            node;
    }

    int descriptor() const override { return node_.get(); }
    std::string name() const override { return name_; }
    bool master() const override { return ::drmIsMaster(node_.get()) != 0; }
    Resources resources() override;
    CrtcState crtc(Id crtc) override;
    std::unique_ptr<Buffer> make_buffer(Mode mode) override {
        return std::make_unique<DumbBuffer>(node_, mode);
    }

    Answer set_crtc(const CrtcState& state) override {
        auto mode = state.mode;
        auto connectors = state.connectors;
        return answer_of(
            ::drmModeSetCrtc(node_.get(), state.crtc, mode ? state.framebuffer : 0, state.x, state.y,
                             mode ? connectors.data() : nullptr,
                             mode ? static_cast<int>(connectors.size()) : 0, mode ? &*mode : nullptr),
            "set CRTC " + std::to_string(state.crtc) + " of " + name_);
    }
    Answer dirty(Id framebuffer, std::span<const Rectangle> rectangles) override {
        clips_.clear();
        for (const Rectangle& r : rectangles)
            clips_.push_back({static_cast<unsigned short>(r.left), static_cast<unsigned short>(r.top),
                              static_cast<unsigned short>(r.right), static_cast<unsigned short>(r.bottom)});
        return answer_of(::drmModeDirtyFB(node_.get(), framebuffer, clips_.data(),
                                          static_cast<std::uint32_t>(clips_.size())),
                         "submit damage to " + name_);
    }
    Answer flip(Id crtc, Id framebuffer) override {
        // The event has what it is given here. Its own word for the CRTC is newer than some kernels.
        void* token = reinterpret_cast<void*>(std::uintptr_t{crtc});  // NOLINT(performance-no-int-to-ptr)
        int result = ::drmModePageFlip(node_.get(), crtc, framebuffer, DRM_MODE_PAGE_FLIP_EVENT, token);
        // Drivers without flips answer that they do not know what is meant; those with little memory of their
        // own (bochs: 16 MiB) that both buffers do not fit.
        for (int error : {EINVAL, ENOTTY, ENOMEM, ENOSPC})
            if (result == -error) return Answer::not_supported;
        return answer_of(result, "flip the buffers of " + name_);
    }
    std::vector<Id> take_flips() override;

  private:
    // Probing reads what the screen says of itself, over its cable.
    std::optional<Connector> connector(Id id, const drmModeRes& resources, bool probe);

    Descriptor node_;
    std::string name_;
    std::vector<drmModeClip> clips_;
};

Resources KernelCard::resources() {
    Owned<drmModeRes, ::drmModeFreeResources> raw(::drmModeGetResources(node_.get()));
    if (!raw) throw_errno("ask " + name_ + " for its connectors");
    Resources resources;
    resources.crtcs.assign(raw->crtcs, raw->crtcs + raw->count_crtcs);
    resources.largest = {raw->max_width, raw->max_height};
    for (int i = 0; i < raw->count_connectors; ++i)
        if (auto found = connector(raw->connectors[i], *raw, true))
            resources.connectors.push_back(std::move(*found));
    return resources;
}

std::optional<Connector> KernelCard::connector(Id id, const drmModeRes& resources, bool probe) {
    Owned<drmModeConnector, ::drmModeFreeConnector> raw(
        probe ? ::drmModeGetConnector(node_.get(), id) : ::drmModeGetConnectorCurrent(node_.get(), id));
    if (!raw) {
        // It has gone since the list was made, as those of docks do. Anything else is an error.
        if (errno == ENOENT) return std::nullopt;
        throw_errno("ask " + name_ + " for connector " + std::to_string(id));
    }
    Connector connector;
    connector.id = id;
    const char* type = ::drmModeGetConnectorTypeName(raw->connector_type);
    connector.name = (type ? std::string(type) : "Unknown") + "-" + std::to_string(raw->connector_type_id);
    connector.connected = raw->connection == DRM_MODE_CONNECTED;
    connector.modes.assign(raw->modes, raw->modes + raw->count_modes);
    for (int i = 0; i < raw->count_encoders; ++i) {
        Owned<drmModeEncoder, ::drmModeFreeEncoder> encoder(
            ::drmModeGetEncoder(node_.get(), raw->encoders[i]));
        if (!encoder && errno != ENOENT) throw_errno("ask " + name_ + " for an encoder");
        if (!encoder) continue;
        connector.crtcs |= encoder->possible_crtcs;
        if (encoder->encoder_id == raw->encoder_id) connector.crtc = encoder->crtc_id;
    }
    for (int i = 0; i < raw->count_props; ++i) {
        Owned<drmModePropertyRes, ::drmModeFreeProperty> property(
            ::drmModeGetProperty(node_.get(), raw->props[i]));
        if (!property && errno != ENOENT) throw_errno("ask " + name_ + " for a property");
        if (!property) continue;
        std::string_view name = property->name;
        if (name == "DPMS") connector.on = raw->prop_values[i] == DRM_MODE_DPMS_ON;
        // Documentation/gpu/drm-kms.rst of Linux: whoever shows has to set the mode again.
        if (name == "link-status") connector.link_bad = raw->prop_values[i] == DRM_MODE_LINK_STATUS_BAD;
    }
    // A bit that stands for no CRTC would be given one that is not there.
    if (resources.count_crtcs < 32) connector.crtcs &= (1U << resources.count_crtcs) - 1;
    return connector;
}

CrtcState KernelCard::crtc(Id id) {
    Owned<drmModeCrtc, ::drmModeFreeCrtc> raw(::drmModeGetCrtc(node_.get(), id));
    Owned<drmModeRes, ::drmModeFreeResources> resources(::drmModeGetResources(node_.get()));
    if (!raw || !resources) throw_errno("ask " + name_ + " what CRTC " + std::to_string(id) + " shows");
    CrtcState state{id, raw->buffer_id, raw->x, raw->y, std::nullopt, {}};
    if (raw->mode_valid != 0 && raw->buffer_id != 0) state.mode = raw->mode;
    for (int i = 0; i < resources->count_connectors; ++i)
        if (auto found = connector(resources->connectors[i], *resources, false); found && found->crtc == id)
            state.connectors.push_back(found->id);
    if (state.connectors.empty()) state.mode.reset();
    return state;
}

std::vector<Id> KernelCard::take_flips() {
    // drmHandleEvent() hands its callbacks a pointer of the caller's only through the flip itself, where a
    // card that was closed meanwhile would be called back; and there is one kind of event to look for.
    alignas(drm_event) std::array<char, 4096> bytes;
    ssize_t got = ::read(node_.get(), bytes.data(), bytes.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (got < 0) throw_errno("listen to " + name_);
    std::vector<Id> flips;
    auto end = static_cast<std::size_t>(got);
    for (std::size_t at = 0; at + sizeof(drm_event) <= end;) {
        drm_event event;
        std::memcpy(&event, bytes.data() + at, sizeof event);
        if (event.type == DRM_EVENT_FLIP_COMPLETE && at + sizeof(drm_event_vblank) <= end) {
            drm_event_vblank flip;
            std::memcpy(&flip, bytes.data() + at, sizeof flip);
            flips.push_back(static_cast<Id>(flip.user_data));
        }
        at += std::max<std::size_t>(event.length, sizeof event);
    }
    return flips;
}

std::vector<std::filesystem::path> nodes() {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (const auto& entry : entries_of("/dev/dri", error))
        if (entry.filename().string().starts_with("card")) found.push_back(entry);
    // No card: no folder.
    if (error && error.value() != ENOENT) throw_errno("look for cards in /dev/dri", error.value());
    return found;
}

}  // namespace

KernelCardPort::KernelCardPort(std::filesystem::path path, std::string connector)
    : path_(std::move(path)), connector_(std::move(connector)), udev_(::udev_new()) {
    // What the kernel says itself, not what udevd passes on: the unit has a network of its own
    // (PrivateNetwork=), and only the kernel speaks in every network. The price is that a node's rights are
    // set a moment later, which the next attempt finds.
    if (udev_) monitor_.reset(::udev_monitor_new_from_netlink(udev_.get(), "kernel"));
    if (!monitor_) throw_errno("listen to the kernel's device events");
    int result = ::udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "drm", nullptr);
    if (result >= 0) result = ::udev_monitor_enable_receiving(monitor_.get());
    if (result < 0) throw_errno("listen to the kernel's device events", -result);
}

KernelCardPort::~KernelCardPort() = default;

void KernelCardPort::Unref::operator()(udev* context) const {
    ::udev_unref(context);
}
void KernelCardPort::Unref::operator()(udev_monitor* monitor) const {
    ::udev_monitor_unref(monitor);
}

int KernelCardPort::descriptor() const {
    return ::udev_monitor_get_fd(monitor_.get());
}

bool KernelCardPort::take_events() {
    bool some = false;
    for (;;) {
        errno = 0;
        udev_device* device = ::udev_monitor_receive_device(monitor_.get());
        if (!device) break;
        ::udev_device_unref(device);
        some = true;
    }
    // More than fitted into the kernel's queue (ENOBUFS), or than there was memory for: something happened.
    return some || (errno != 0 && errno != EAGAIN && errno != EINTR);
}

std::unique_ptr<Card> KernelCardPort::open() {
    if (!path_.empty()) return std::make_unique<KernelCard>(path_);
    // Each that is opened is held until the next proves better, so that the best one is not lost in between.
    std::unique_ptr<Card> best;
    int best_worth = -1;
    std::exception_ptr failure;
    for (const auto& node : nodes()) {
        try {
            auto card = std::make_unique<KernelCard>(node);
            Resources resources = card->resources();
            bool connected = std::any_of(
                resources.connectors.begin(), resources.connectors.end(), [&](const Connector& c) {
                    return c.connected && !c.modes.empty() && (connector_.empty() || c.name == connector_);
                });
            int worth = connected ? (card->master() ? 2 : 1) : 0;
            if (worth > best_worth) {
                best = std::move(card);
                best_worth = worth;
            }
        } catch (const std::system_error& error) {
            if (is_shortage(error)) throw;  // it may be the best one
            failure = std::current_exception();
        }
    }
    if (best) return best;
    if (failure) std::rethrow_exception(failure);
    throw_errno("find a card in /dev/dri", ENOENT);
}

}  // namespace hvfbd::drm
