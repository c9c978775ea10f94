#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/observer.h"

namespace hvfbd {

// What `systemctl status` shows: the problem of each display that has one, or that there is none, and what of
// the configuration does not count.
class StatusText {
  public:
    // `tell` is called with each new text, from within the observers.
    explicit StatusText(std::function<void(const std::string&)> tell);
    StatusText(const StatusText&) = delete;
    StatusText& operator=(const StatusText&) = delete;
    ~StatusText();

    // Another display, in their order. Owned by this.
    Observer& add(const std::string& name);
    // What of the configuration files does not count, a sentence each.
    void set_configuration_warnings(const std::vector<std::string>& warnings);
    // Tells it for the first time.
    void begin();

  private:
    class OfDisplay;
    void changed();

    std::function<void(const std::string&)> tell_;
    std::vector<std::unique_ptr<OfDisplay>> displays_;
    std::string configuration_;  // empty: there is nothing to say of it
    bool begun_ = false;
};

}  // namespace hvfbd
