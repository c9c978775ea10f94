#pragma once

#include <optional>

#include "clients/peer_list.h"
#include "clients/surface.h"

namespace hvfbd {

// All surfaces of a display, stacked like virtual terminals: the newest is active, and when it closes the one
// below shows again. Those of layer background lie below all others, however new they are. Decides who may
// open one, not what is shown of it.
class Surfaces : public PeerList<Surface> {
  public:
    static constexpr std::size_t most_per_user = 16;  // on all displays together
    // Bytes of a user's buffers on one display that have another layout than it, before one more may be asked
    // for: two of 7680x4320. The display's own are as many as there are surfaces.
    static constexpr std::size_t most_of_other_layouts = std::size_t{256} << 20;

    struct Opened {
        SurfaceNumber number;
        Descriptor buffer;   // the shadow's memfd
        Descriptor channel;  // the client's end
        Layout layout;
        // For want of room, one of this user's on another display is to be closed: the one in `Elsewhere`.
        bool takes_room_elsewhere = false;
    };
    // What a user has on other displays.
    struct Elsewhere {
        std::size_t count = 0;
        std::optional<Time> idle_since;  // of the kept surface that has had no client for longest
    };

    Surfaces(EventLoop& loop, Observer& observer) : PeerList(loop, observer) {}

    // Puts a new surface on top of its layer, or a client back on the kept surface of its user and name.
    // Throws RequestError (busy). A user who has as many as there may be loses the kept surface that has had
    // no client for longest. Where the options ask for another layout than the display's, a buffer of that is
    // offered at once.
    Opened open(const SurfaceOptions& options, Client client, const Layout& layout, Time now,
                const Elsewhere& elsewhere);
    // Puts a surface on top of its layer that another process of the daemon saved. Throws std::system_error,
    // and nothing has changed.
    void restore(const SavedSurface& saved, RestoredDescriptors& restored, std::uint64_t first_serial);
    // Puts it on top of its layer. Throws RequestError: failed if there is none of that number, busy if it is
    // a background and there is a surface that is none.
    void activate(SurfaceNumber number);
    // Closes it, and revokes its client. Throws RequestError (failed) if there is none of that number.
    void close(SurfaceNumber number, std::string_view why);

    // The topmost, or null.
    const Surface* active() const { return peers_.empty() ? nullptr : peers_.back().get(); }
    Surface* active() { return peers_.empty() ? nullptr : peers_.back().get(); }
    bool is_active(const Surface& surface) const { return &surface == active(); }
    // This user's kept surface that has had no client for longest, or null.
    const Surface* longest_idle(uid_t user) const;
    // Closes it, in favour of a new one.
    void give_way(SurfaceNumber number);

    // Bottom to top; for the display.
    Peers& stack() { return peers_; }

  private:
    // Where a surface is on top of its layer.
    Peers::iterator top_of(Layer layer, Peers::iterator end);
    void raise(Peers::iterator at);
    void check_layout(const SurfaceOptions& options, const Client& client, const Layout& layout) const;
};

}  // namespace hvfbd
