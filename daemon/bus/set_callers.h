#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "bus/caller.h"

namespace hvfbd {

// Who calls the setter of a property. A setter answers at once, and must not wait for the bus to say who
// calls. So each call of Properties.Set is held back before it is dispatched, the bus is asked, and with its
// answer the call is dispatched again (sd_bus_enqueue_for_read). It comes after what the same caller sent
// meanwhile.
class SetCallers {
  public:
    // Borrowed: both.
    SetCallers(sdbus::IConnection& connection, Callers& callers);
    SetCallers(const SetCallers&) = delete;
    SetCallers& operator=(const SetCallers&) = delete;
    ~SetCallers();

    struct Setter {
        uid_t uid;
        std::string bus_name;
    };
    // Who calls the setter that runs now. None: this is no setter.
    const std::optional<Setter>& current() const;

  private:
    class Filter;
    std::unique_ptr<Filter> filter_;
};

}  // namespace hvfbd
