#pragma once

#include <memory>
#include <vector>

#include "clients/observer.h"
#include "clients/viewer.h"

namespace hvfbd {

// All who look at a display.
class Viewers {
  public:
    static constexpr std::size_t most_per_user = 8;  // on all displays together

    struct Opened {
        unsigned number;
        Descriptor front;    // read-only, and sealed against being mapped for writing
        Descriptor channel;  // the viewer's end
        Layout layout;
    };

    Viewers(EventLoop& loop, Observer& report) : loop_(loop), observer_(report) {}

    // Throws RequestError (busy). `elsewhere`: how many this user has on other displays.
    Opened open(Client client, const Picture& front, std::size_t elsewhere = 0);
    // One that another process of the daemon kept, who gets the front of this one. Throws std::system_error.
    void restore(const SavedViewer& saved, RestoredDescriptors& restored, std::uint64_t first_serial);
    const std::vector<std::unique_ptr<Viewer>>& all() const { return viewers_; }
    unsigned last_number() const { return last_number_; }
    void set_last_number(unsigned number) { last_number_ = number; }
    // See Viewer.
    void current(const Picture& front, std::uint64_t frame, Time compared);
    void changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented);
    void expect_front();
    void reap();

    std::size_t size() const { return viewers_.size(); }
    std::size_t count_of(uid_t user) const;
    std::uint64_t violations() const { return violations_; }

  private:
    EventLoop& loop_;
    Observer& observer_;
    std::vector<std::unique_ptr<Viewer>> viewers_;
    unsigned last_number_ = 0;
    std::uint64_t violations_ = 0;
};

}  // namespace hvfbd
