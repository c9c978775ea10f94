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

// The composition root: the displays, what is saved of them for the next process, and the order in which a
// process begins, works and ends. It has no bus; who gives it one adds observers. Everything on the loop's
// thread.
class Daemon {
  public:
    // What a service and a test make differently. Each is called in the constructor only.
    struct Parts {
        // `restored`: what the process before saved for its outputs, display0 first.
        std::function<std::unique_ptr<Outputs>(EventLoop&, std::span<const RestoredOutput>)> make_outputs;
        // The first observer of the display of this number.
        std::function<std::unique_ptr<Observer>(std::size_t display, bool one_of_several)> make_observer;
    };

    // Makes the outputs and displays and restores what the process before left in the store. Throws
    // std::system_error and RequestError.
    Daemon(Configuration configuration, DescriptorStore store, const Parts& parts);
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon();

    EventLoop& loop() { return loop_; }
    // display0 first.
    const std::vector<Display*>& displays() const { return displays_; }
    static std::string display_name(std::size_t number) { return "display" + std::to_string(number); }
    // Borrowed; the last observer of this display, from now on.
    void add_observer(std::size_t display, Observer& observer);

    const Configuration& configuration() const { return configuration_; }
    // Takes another settings for all displays, as SIGHUP does; [Output] counts from the next start on.
    void change_settings(const DisplaySettings& settings);
    // Whether clients that may not make a userfaultfd are given one, from now on; likewise.
    void allow_userfaultfds(bool allowed);

    // After the state was saved, at the end of every dispatch.
    void after_dispatch(EventLoop::AfterDispatch callback) { after_dispatch_ = std::move(callback); }

    // The way to the service manager; there is one, so that messages stay in order.
    Notifier& notifier() { return store_.notifier(); }
    // FileDescriptorStoreMax= of the unit; and gives the manager again what it may have had no room for.
    void set_store_limit(std::size_t most);
    void store_again() { saver_.store_again(); }

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
    void say_what_is_dropped(const State& before) const;
    void restore_displays(const State& before, std::vector<RestoredDescriptors>& restored_outputs);
    void update(Time now);
    void warn_of_unsaved_state();

    Configuration configuration_;
    DescriptorStore store_;
    StateSaver saver_;
    EventLoop loop_;
    NotifierPump pump_;
    UserfaultfdGrants grants_;
    std::unique_ptr<Outputs> outputs_;
    std::vector<std::unique_ptr<OwnedDisplay>> owned_;
    std::vector<Display*> displays_;
    EventLoop::AfterDispatch after_dispatch_;
};

}  // namespace hvfbd
