#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "config/configuration.h"
#include "display/display.h"
#include "display/observers.h"
#include "output/outputs.h"
#include "restart/descriptor_store.h"
#include "restart/state.h"
#include "restart/state_saver.h"

namespace hvfbd {

// The composition root: the displays, what is kept of them for the next process, and the order in which a
// process begins, works and ends. It has no bus; who gives it one adds reports. Everything on the loop's
// thread.
class Daemon {
  public:
    // What a service and a test make differently. Each is called in the constructor only.
    struct Parts {
        // `legacies`: what the process before kept for its outputs, display0 first.
        std::function<std::unique_ptr<Outputs>(EventLoop&, std::span<const RestoredOutput>)> make_outputs;
        // For the display of this number, who is told first.
        std::function<std::unique_ptr<Observer>(std::size_t display, bool one_of_several)> make_observer;
    };

    // Makes the outputs and displays and goes on with what the process before left in the store. Throws
    // std::system_error and RequestError.
    Daemon(Configuration configuration, DescriptorStore store, const Parts& parts);
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon();

    EventLoop& loop() { return loop_; }
    // display0 first.
    const std::vector<Display*>& displays() const { return displays_; }
    static std::string display_name(std::size_t number) { return "display" + std::to_string(number); }
    // Borrowed; told last of what this display reports, from now on.
    void add_observer(std::size_t display, Observer& report);

    const Configuration& configuration() const { return configuration_; }
    // Takes another settings for all displays, as SIGHUP does; [Output] counts from the next start on.
    void change_settings(const DisplaySettings& settings);
    // Whether clients that may not make a userfaultfd are given one, from now on; likewise.
    void allow_userfaultfds(bool allowed);

    // After the state was saved, at the end of every turn.
    void after_turn(EventLoop::Turn turn) { after_turn_ = std::move(turn); }

    // What the service manager is told; there is one way, so that it stays in order.
    Notifier& notifier() { return store_.notifier(); }
    // FileDescriptorStoreMax= of the unit; and gives the manager again what it may have had no room for.
    void set_store_limit(std::size_t most);
    void store_again() { keeper_.store_again(); }

    // Shows the first pictures. Once, before run().
    void start();
    // Handles what comes, until stop(); then presents what clients drew last, and saves, so that the next
    // process knows of it.
    void run();
    void stop() { loop_.stop(); }

    // A last whole present of each display: the machine is about to go down.
    void finish();
    void suspend();
    void resume();
    // In a signal handler.
    void flush_on_crash() noexcept;

  private:
    struct OwnedDisplay;

    void make_displays(const Parts& parts, State& before);
    void go_on(const State& before, std::vector<RestoredDescriptors>& restored_outputs);
    void turn(Time now);
    void say_what_cannot_be_kept();

    Configuration configuration_;
    DescriptorStore store_;
    StateSaver keeper_;
    EventLoop loop_;
    NotifierPump pump_;
    UserfaultfdGrants grants_;
    std::unique_ptr<Outputs> outputs_;
    std::vector<std::unique_ptr<OwnedDisplay>> owned_;
    std::vector<Display*> displays_;
    EventLoop::Turn after_turn_;
};

}  // namespace hvfbd
