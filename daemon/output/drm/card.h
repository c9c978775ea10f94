#pragma once

#include <xf86drmMode.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/layout.h"

namespace hvfbd::drm {

using Id = std::uint32_t;  // of an object of a card; 0: none

// A socket that a screen is plugged into.
struct Connector {
    Id id = 0;
    std::string name;  // "HDMI-A-1"
    bool connected = false;
    bool on = true;         // not switched off by DPMS
    bool link_bad = false;  // does not carry any more what it was set to, until a mode is set anew
    std::vector<drmModeModeInfo> modes;
    std::uint32_t crtcs = 0;  // a bit for each of Resources::crtcs that can drive it
    Id crtc = 0;              // that drives it now
};

struct Resources {
    std::vector<Id> crtcs;
    std::vector<Connector> connectors;
    Mode largest;  // framebuffer
};

// What a CRTC shows.
struct CrtcState {
    Id crtc = 0, framebuffer = 0;
    std::uint32_t x = 0, y = 0;
    std::optional<drmModeModeInfo> mode;  // none: switched off
    std::vector<Id> connectors;
};

// A dumb buffer, mapped, with a framebuffer on it. Black when made. Must not outlive its card.
class Buffer {
  public:
    virtual ~Buffer() = default;
    virtual Id framebuffer() const = 0;
    virtual Layout layout() const = 0;
    virtual std::span<std::byte> bytes() = 0;
};

// `busy`: not now. `not_master`: somebody else has the card, or nobody. `gone`: unplugged, for good.
enum class Answer { done, busy, not_supported, not_master, gone };

// An open card of the kernel's. Destroying it gives up being its master, and its framebuffers with it. On the
// loop's thread. What fails in a way that has no Answer throws std::system_error.
class Card {
  public:
    virtual ~Card() = default;

    // Readable when take_flips() has something to say. Borrowed.
    virtual int descriptor() const = 0;
    virtual std::string name() const = 0;  // "virtio_gpu, /dev/dri/card0"
    // Whether this is who may set modes. The first to open a card that has no master becomes it.
    virtual bool master() const = 0;
    // Asks the screens what they are, which takes long where there are cables: not for every frame.
    virtual Resources resources() = 0;
    virtual CrtcState crtc(Id crtc) = 0;
    virtual std::unique_ptr<Buffer> make_buffer(Mode mode) = 0;

    // A framebuffer of 0 and no mode switch the CRTC off.
    virtual Answer set_crtc(const CrtcState& state) = 0;
    // Submits damage of a framebuffer. At most 255 rectangles, inside of it.
    virtual Answer dirty(Id framebuffer, std::span<const Rectangle> rectangles) = 0;
    // Shows another framebuffer of the same layout from the next vertical blank on; take_flips() says when.
    virtual Answer flip(Id crtc, Id framebuffer) = 0;
    // The CRTCs of the flips that have come to pass since this was last asked.
    virtual std::vector<Id> take_flips() = 0;
};

// Opens the card, as often as it goes away.
class CardPort {
  public:
    virtual ~CardPort() = default;
    // Throws std::system_error, with what was tried on what.
    virtual std::unique_ptr<Card> open() = 0;
    // Readable when something happened to the machine's cards: plugged, unplugged, a screen came or went.
    // Borrowed.
    virtual int descriptor() const = 0;
    // False: what there was to read concerns no card.
    virtual bool take_events() = 0;
};

}  // namespace hvfbd::drm
