#pragma once

#include <string>

struct sd_bus;

namespace hvfbd {

// Waits until hvfbd has its name on the bus: for a first surface, and for a viewer. A surface that was opened
// once is opened again by the library. One thread.
class DaemonWatch {
  public:
    // Throws std::system_error: there is no bus. Empty `bus`: as the library, $HVFB_BUS or the system bus.
    explicit DaemonWatch(const std::string& bus);
    DaemonWatch(const DaemonWatch&) = delete;
    DaemonWatch& operator=(const DaemonWatch&) = delete;
    ~DaemonWatch();

    // Whether the daemon has its name now. Asks the bus, and starts nothing. Throws std::system_error.
    bool is_there();

    // Returns when another process of the daemon has the name, or `stop_fd` is readable. Does not wake up
    // before. Throws std::system_error: the bus has gone.
    void wait(int stop_fd);

    // For a loop of the caller's that has called is_there(), instead of wait(): what to poll for, and then
    // whether another process of the daemon has had the name since the last call. Throws std::system_error:
    // the bus has gone.
    int fd() const;
    short events() const;
    bool take();

  private:
    void process();

    sd_bus* bus_ = nullptr;
    bool came_ = false;
};

}  // namespace hvfbd
