#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/stored_descriptors.h"
#include "system/notifier.h"

namespace hvfbd {

// The service manager's store of descriptors (FDSTORE of sd_notify(3)): it holds them while no process of the
// service runs, and passes them to the next one, until the service is stopped for good. Without a manager
// nothing is stored.
class DescriptorStore {
  public:
    // What the environment says: $NOTIFY_SOCKET, and the descriptors of $LISTEN_FDS, which are closed on exec
    // from here on. Throws std::system_error.
    static DescriptorStore from_environment();
    DescriptorStore() = default;
    // `there`: a manager listens at $NOTIFY_SOCKET. Where it cannot be reached nothing is stored, and
    // take_problem() says why.
    DescriptorStore(bool there, RestoredDescriptors restored);

    bool there() const { return notifier_.there(); }
    // What the process before left in it, by name.
    RestoredDescriptors& restored() { return restored_; }

    // The manager stores a descriptor of its own. It says nothing if it has no room: see most(). False: there
    // is no descriptor left for one that has to wait until the manager reads.
    [[nodiscard]] bool add(const StoredDescriptor& stored_descriptor) {
        return notifier_.store(stored_descriptor.name, stored_descriptor.descriptor);
    }
    void remove(const std::string& name) { notifier_.remove(name); }
    // Some that were added are not in it yet, since the manager does not read.
    bool adding() const { return notifier_.storing(); }

    // How many it has room for, FileDescriptorStoreMax= of the unit; none: that is not known (yet).
    std::optional<std::size_t> most() const { return most_; }
    void set_most(std::size_t most) { most_ = most; }

    // Sends on the same way as what is stored.
    Notifier& notifier() { return notifier_; }
    std::string take_problem() {
        return problem_.empty() ? notifier_.take_problem() : std::exchange(problem_, {});
    }

  private:
    Notifier notifier_;
    RestoredDescriptors restored_;
    std::optional<std::size_t> most_;
    std::string problem_;
};

}  // namespace hvfbd
