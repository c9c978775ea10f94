#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/observer.h"

namespace hvfbd {

// What `systemctl status` shows of the displays: the problem of each that has one, or that there is none.
class StatusText {
  public:
    // `tell` is called with each new text, from within the observers.
    explicit StatusText(std::function<void(const std::string&)> tell);
    StatusText(const StatusText&) = delete;
    StatusText& operator=(const StatusText&) = delete;
    ~StatusText();

    // Another display, in their order. Owned by this.
    Observer& add(const std::string& name);
    // Tells it for the first time.
    void begin();

  private:
    class OfDisplay;
    void changed();

    std::function<void(const std::string&)> tell_;
    std::vector<std::unique_ptr<OfDisplay>> displays_;
    bool begun_ = false;
};

}  // namespace hvfbd
