#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace sdbus {
class IConnection;
class IProxy;
}  // namespace sdbus

namespace hvfbd {

// How many descriptors the service manager stores for this service, which it says only over the bus:
// FileDescriptorStoreMax= of the unit. Asks without waiting.
class StoreLimit {
  public:
    // Calls back with each answer; without a manager on this bus never. Borrowed: the connection outlives it.
    StoreLimit(sdbus::IConnection& connection, std::function<void(std::size_t most)> found);
    ~StoreLimit();
    StoreLimit(const StoreLimit&) = delete;
    StoreLimit& operator=(const StoreLimit&) = delete;

    // It may have been changed since.
    void ask();

  private:
    sdbus::IConnection& connection_;
    std::function<void(std::size_t)> found_;
    std::unique_ptr<sdbus::IProxy> manager_, unit_;
};

}  // namespace hvfbd
