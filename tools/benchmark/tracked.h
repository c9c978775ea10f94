#pragma once

#include <hvfb/hvfb.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "contestant.h"
#include "hvfbctl/bus.h"

namespace hvfbd::bench {

// hvfbd itself: the daemon, started with a configuration of its own, and a surface of this process.
class Tracked : public Contestant {
  public:
    struct Options {
        std::string daemon;     // the program
        std::string bus;        // address
        std::string simulated;  // socket of an hvhost; empty: the memory output
        int width = 1920, height = 1080;
    };
    // Throws std::runtime_error.
    explicit Tracked(const Options& options);
    ~Tracked() override;

    const char* name() const override { return "hvfbd"; }
    const Canvas& canvas() const override { return canvas_; }
    void limit(unsigned presents_a_second) override { set("RefreshLimit", std::uint32_t{presents_a_second}); }
    // What was drawn last is compared again for five seconds.
    void prepared() override;
    Work work(bool beginning) override;

    template <class Value>
    void set(const std::string& property, const Value& value) {
        set_variant(property, sdbus::Variant(value));
    }
    std::map<std::string, std::uint64_t> statistics();
    std::string tracker_state();
    // Until all that was drawn is presented.
    void settle();
    pid_t pid() const { return daemon_process_.pid; }
    hvfb_surface* surface() { return surface_.get(); }
    // An option block to open more of it; valid as long as this.
    hvfb_open_options open_options() const;
    void signal(int number) const;
    // What others draw below it is shown then.
    void close_surface() { surface_.reset(); }

  private:
    Nanoseconds time_at_rest() const;  // waits until the daemon has done what it was asked
    struct Close {
        void operator()(hvfb_surface* surface) const { hvfb_surface_close(surface); }
    };
    void start(const Options& options);
    void await_ready();
    void set_variant(const std::string& property, const sdbus::Variant& value);

    // Ended with its owner, also where the owner's constructor throws: nobody else would end it.
    struct Process {
        Process() = default;
        Process(const Process&) = delete;
        Process& operator=(const Process&) = delete;
        ~Process();
        pid_t pid = -1;
        std::filesystem::path folder;  // its configuration
    };

    std::string bus_;
    Process daemon_process_;
    std::optional<hvfbctl::Daemon> daemon_;
    std::unique_ptr<hvfb_surface, Close> surface_;
    Canvas canvas_;
};

}  // namespace hvfbd::bench
