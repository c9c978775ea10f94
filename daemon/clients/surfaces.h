#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "clients/observer.h"
#include "clients/surface.h"

namespace hvfbd {

// All surfaces of a display, stacked like virtual terminals: the newest is active, and when it closes the one
// below shows again. Owns them; decides who may open one, not what is shown of it.
class Surfaces {
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
        // For want of room, one of this user's on another display is to be closed: the one that `Elsewhere`
        // told of.
        bool takes_room_elsewhere = false;
    };
    // What a user has on other displays.
    struct Elsewhere {
        std::size_t count = 0;
        std::optional<Time> idle_since;  // of the kept surface that has had no client for longest
    };

    Surfaces(EventLoop& loop, Observer& report) : loop_(loop), observer_(report) {}

    // Puts a new surface on top, or a client back on the kept surface of its user and name. Throws
    // RequestError (busy). A user who has as many as there may be loses the kept surface that has had no
    // client for longest. Where the options ask for another layout than the display's, a buffer of that is
    // offered at once.
    Opened open(const SurfaceOptions& options, Client client, const Layout& layout, Time now,
                const Elsewhere& elsewhere);
    // Puts a surface on top that another process of the daemon kept. Throws std::system_error, and nothing
    // has changed.
    void restore(const SavedSurface& saved, RestoredDescriptors& restored, std::uint64_t first_serial);
    SurfaceNumber last_number() const { return last_number_; }
    void set_last_number(SurfaceNumber number) { last_number_ = number; }
    // Puts it on top. Throws RequestError (failed) if there is none of that number.
    void activate(SurfaceNumber number);
    // Closes it from outside: its client is told. Throws as activate().
    void close(SurfaceNumber number, std::string_view why);
    // Gives up those whose client is gone or broke the protocol.
    void reap();

    const Surface* find(SurfaceNumber number) const;
    const Surface* active() const { return stack_.empty() ? nullptr : stack_.back().get(); }
    Surface* active() { return stack_.empty() ? nullptr : stack_.back().get(); }
    std::vector<const Surface*> all() const;  // bottom to top
    std::size_t count_of(uid_t user) const;
    // This user's kept surface that has had no client for longest, or null.
    const Surface* longest_idle(uid_t user) const;
    // Closes it, in favour of a new one.
    void give_way(SurfaceNumber number);

    // Bottom to top; for the display.
    std::vector<std::unique_ptr<Surface>>& stack() { return stack_; }
    std::uint64_t violations() const { return violations_; }
    std::uint64_t throttled() const;

  private:
    using Position = std::vector<std::unique_ptr<Surface>>::iterator;
    Position position(SurfaceNumber number);
    void restack();
    void check_layout(const SurfaceOptions& options, const Client& client, const Layout& layout) const;

    EventLoop& loop_;
    Observer& observer_;
    std::vector<std::unique_ptr<Surface>> stack_;
    SurfaceNumber last_number_ = 0;
    std::uint64_t violations_ = 0;
    std::uint64_t throttled_by_gone_ = 0;
};

}  // namespace hvfbd
