#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "output/drm/card.h"

namespace hvfbd::testing {

inline drmModeModeInfo drm_mode(std::uint32_t width, std::uint32_t height, bool preferred = false,
                                std::uint32_t refresh = 60) {
    drmModeModeInfo mode{};
    mode.hdisplay = static_cast<std::uint16_t>(width);
    mode.vdisplay = static_cast<std::uint16_t>(height);
    mode.vrefresh = refresh;
    mode.clock = width * height * refresh / 1000;
    mode.type = preferred ? DRM_MODE_TYPE_PREFERRED | DRM_MODE_TYPE_DRIVER : DRM_MODE_TYPE_DRIVER;
    return mode;
}

// A computer with one card, as its kernel keeps it, and the screens that show what a driver of that kind
// would make them show. Outlives the cards and ports that were opened.
class FakeKms {
  public:
    // dirty: the driver copies what is submitted. flip: scans out by itself. direct: that, and cannot flip.
    enum class Driver { dirty, flip, direct };
    explicit FakeKms(Driver kind = Driver::dirty) : driver(kind), events(make_event()), flips(make_event()) {
        console.resize(640 * 480, 0x00c0ffee);
        framebuffers[console_framebuffer] = {layout_for({640, 480}), bytes_of(console)};
        add_connector("Virtual-1", {drm_mode(640, 480, true), drm_mode(800, 600), drm_mode(200, 100)});
        show_console();
    }

    // ---- what the world does
    drm::Connector& add_connector(const std::string& name, std::vector<drmModeModeInfo> modes) {
        drm::Connector connector;
        connector.id = 30 + static_cast<drm::Id>(resources.connectors.size());
        connector.name = name;
        connector.connected = true;
        // what no CRTC drives is switched off, as the kernel says it (seen on virtio-gpu)
        connector.on = false;
        connector.modes = std::move(modes);
        resources.crtcs.push_back(50 + static_cast<drm::Id>(resources.crtcs.size()));
        connector.crtcs = ~0U;
        resources.connectors.push_back(connector);
        for (auto& one : resources.connectors) one.crtcs = (1U << resources.crtcs.size()) - 1;
        return resources.connectors.back();
    }
    drm::Connector& connector(std::size_t index = 0) { return resources.connectors.at(index); }
    void announce() { raise(events); }
    // Somebody else is the master, from now on or no more.
    void seize(bool taken) {
        other_master = taken;
        if (taken) master = nullptr;
    }
    void unplug() {
        present = false;
        master = nullptr;
        announce();
    }
    void plug() {
        present = true;
        announce();
    }
    // The vertical blank: what was flipped to is shown.
    void vertical_blank() {
        for (std::size_t index = 0; index < resources.connectors.size(); ++index) vertical_blank_of(index);
    }
    void vertical_blank_of(std::size_t index) {
        const drm::CrtcState* state = state_of(index);
        if (!state || !flipping.contains(state->crtc)) return;
        drm::Id crtc = state->crtc;
        set_shown(crtc, flipping.at(crtc));
        flipping.erase(crtc);
        ++flipped;
        flipped_crtcs.push_back(crtc);
        raise(flips);
    }

    // ---- what is seen
    bool lit(std::size_t index = 0) const { return state_of(index) != nullptr; }
    const drm::CrtcState* state_of(std::size_t index) const {
        drm::Id connector = resources.connectors.at(index).id;
        for (const auto& [id, state] : crtcs)
            if (state.mode && std::find(state.connectors.begin(), state.connectors.end(), connector) !=
                                  state.connectors.end())
                return &state;
        return nullptr;
    }
    // The picture on a screen; empty: dark.
    std::vector<std::uint32_t> screen(std::size_t index = 0) {
        const drm::CrtcState* state = state_of(index);
        if (!state) return {};
        if (driver != Driver::dirty) return read(state->framebuffer);
        return pictures.at(state->crtc);
    }
    bool shows_console() { return screen() == console && crtcs.size() == 1 && framebuffers.size() == 1; }
    template <typename Picture>
    bool screen_equals(const Picture& front, std::size_t index = 0) {
        std::vector<std::uint32_t> shown = screen(index);
        const Layout& layout = front.layout();
        if (shown.size() != std::size_t{layout.width} * layout.height) return false;
        for (std::uint32_t y = 0; y < layout.height; ++y)
            if (std::memcmp(front.bytes().data() + layout.offset(0, y),
                            shown.data() + std::size_t{y} * layout.width, std::size_t{layout.width} * 4) != 0)
                return false;
        return true;
    }

    struct Framebuffer {
        Layout layout;
        std::span<std::byte> bytes;
    };
    static constexpr drm::Id console_framebuffer = 7;

    Driver driver;
    bool present = true, other_master = false;
    std::size_t most_buffers = 100;  // memory there is
    // Frames that were written to while they were shown, which two buffers are for.
    unsigned torn = 0, opened = 0, dirtied = 0, flipped = 0, probed = 0;
    bool refuse_modes = false;
    bool odd_rows = false;                 // the driver's pitches are no multiple of a pixel
    std::set<drm::Id> refused_connectors;  // no mode can be set on them
    bool console_at_close = false;         // whether whoever closed the card last had put the console back
    drm::Resources resources{{}, {}, {4096, 4096}};
    const void* master = nullptr;
    std::map<drm::Id, Framebuffer> framebuffers;
    std::map<drm::Id, drm::CrtcState> crtcs;
    std::map<drm::Id, std::vector<std::uint32_t>> pictures, at_flip;
    std::map<drm::Id, drm::Id> flipping;
    std::vector<drm::Id> flipped_crtcs;
    std::vector<std::uint32_t> console;
    drm::Id next_id = 100;
    Descriptor events, flips;

    void set_crtc(const drm::CrtcState& state) {
        for (auto& [id, other] : crtcs)
            for (drm::Id connector : state.connectors) std::erase(other.connectors, connector);
        if (state.mode)
            crtcs[state.crtc] = state;
        else
            crtcs.erase(state.crtc);
        for (auto& connector : resources.connectors) {
            if (connector.crtc == state.crtc) connector.crtc = 0, connector.on = false;
            if (std::find(state.connectors.begin(), state.connectors.end(), connector.id) !=
                state.connectors.end())
                connector.crtc = state.crtc, connector.on = true, connector.link_bad = false;
        }
        flipping.erase(state.crtc);
        if (state.mode) set_shown(state.crtc, state.framebuffer);
    }
    void set_shown(drm::Id crtc, drm::Id framebuffer) {
        crtcs.at(crtc).framebuffer = framebuffer;
        pictures[crtc] = read(framebuffer);
        at_flip[crtc] = pictures[crtc];
    }
    // A framebuffer that goes switches off what shows it, as the kernel does.
    void remove_framebuffer(drm::Id framebuffer) {
        framebuffers.erase(framebuffer);
        std::erase_if(crtcs, [&](const auto& one) { return one.second.framebuffer == framebuffer; });
        std::erase_if(flipping, [&](const auto& one) { return !crtcs.contains(one.first); });
    }
    // The last one to close: the kernel's console is back.
    void show_console() {
        crtcs.clear();
        set_crtc({resources.crtcs.front(), console_framebuffer, 0, 0, drm_mode(640, 480), {connector().id}});
    }
    std::vector<std::uint32_t> read(drm::Id framebuffer) {
        const Framebuffer& from = framebuffers.at(framebuffer);
        std::vector<std::uint32_t> pixels(std::size_t{from.layout.width} * from.layout.height);
        for (std::uint32_t y = 0; y < from.layout.height; ++y)
            std::memcpy(pixels.data() + std::size_t{y} * from.layout.width,
                        from.bytes.data() + from.layout.offset(0, y), std::size_t{from.layout.width} * 4);
        return pixels;
    }
    // How often it was raised since.
    static unsigned drain(const Descriptor& event) {
        std::uint64_t count = 0;
        [[maybe_unused]] ssize_t got = ::read(event.get(), &count, sizeof count);
        return static_cast<unsigned>(count);
    }

  private:
    static Descriptor make_event() { return Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }
    static void raise(const Descriptor& event) {
        std::uint64_t one = 1;
        [[maybe_unused]] ssize_t written = ::write(event.get(), &one, sizeof one);
    }
    static std::span<std::byte> bytes_of(std::vector<std::uint32_t>& pixels) {
        return std::as_writable_bytes(std::span(pixels));
    }
};

}  // namespace hvfbd::testing
