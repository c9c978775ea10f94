#pragma once

#include <string>

#include "base/keeping.h"

namespace hvfbd {

// The service manager's store of descriptors (FDSTORE of sd_notify(3)): it holds them while no process of the
// service runs, and hands them to the next one, until the service is stopped for good. Without a manager
// nothing is kept.
class DescriptorStore {
  public:
    // What the environment says: $NOTIFY_SOCKET, and the descriptors of $LISTEN_FDS, which are closed on exec
    // from here on. Throws std::system_error.
    static DescriptorStore from_environment();
    DescriptorStore() = default;
    DescriptorStore(bool there, Legacy legacy) : there_(there), legacy_(std::move(legacy)) {}

    bool there() const { return there_; }
    // What the process before left in it, by name.
    Legacy& legacy() { return legacy_; }

    // It keeps a descriptor of its own. It says nothing if it has no room: FileDescriptorStoreMax= of the
    // unit.
    void add(const Keepsake& keepsake) const;
    void remove(const std::string& name) const;

  private:
    bool there_ = false;
    Legacy legacy_;
};

}  // namespace hvfbd
