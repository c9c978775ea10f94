#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "devices/uio_device.h"
#include "output/hyperv/channel.h"
#include "output/hyperv/dirt_frame.h"
#include "output/hyperv/framebuffer_source.h"
#include "output/hyperv/host_watch.h"
#include "output/hyperv/session.h"
#include "output/output.h"

namespace hvfbd::hyperv {

struct SavedOutput;

// The screen of a Hyper-V guest: its video memory is scanout, damage goes to its host in DIRT messages. Opens
// the device, talks with the host, and begins again when either goes away; meanwhile it is hidden.
class HypervOutput : public Output {
  public:
    struct Options {
        Session::Options session;
        // Several in a message are allowed, and OpenVMM takes them; no known guest sends them.
        std::size_t rectangles_per_message = 1;  // 1 to 255
    };
    // Borrowed: the loop outlives the output.
    // `restored`: what another process saved; its session continues, if the device and the host still do.
    HypervOutput(EventLoop& loop, std::unique_ptr<UioPort> port, FramebufferSource framebuffer,
                 const Options& options, const RestoredOutput* restored = nullptr);
    HypervOutput(const HypervOutput&) = delete;
    HypervOutput& operator=(const HypervOutput&) = delete;
    ~HypervOutput() override;

    std::string_view name() const override { return "hyperv"; }
    Layout layout() const override { return layout_; }
    std::vector<Mode> modes() const override;
    // Empty while hidden, unless that is ignored: nobody would see it, and what the window lost is unknown.
    std::span<std::byte> scanout() override;
    // Four DIRT messages: what OpenVMM's VNC server queues for a client.
    std::size_t most_rectangles() const override { return frame_.most_rectangles(); }
    Presented present(std::span<const Rectangle> rectangles) override;
    bool visible() const override { return session_.visible() && !suspended_; }
    std::string problem() const override;
    bool take_repaint() override { return session_.take_repaint(); }
    void ignore_hidden(bool ignore) override;
    void viewers_changed(std::size_t) noexcept override {}
    void set_mode(Mode mode) override;
    void suspend() override;
    void resume() override;
    void flush_on_crash() noexcept override;
    std::string save() const override;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const override;

    const Session& session() const { return session_; }

  private:
    struct Connection {
        explicit Connection(Duration timeout) : opening(timeout) {}
        std::unique_ptr<UioDevice> device;
        LoopSource watch;
        RunningTimer opening;
        std::unique_ptr<Channel> channel;  // once the device has opened
        Framebuffer framebuffer;
    };

    // Whether to write the video memory, and to submit damage.
    bool shows() const { return session_.shows() && !suspended_; }
    enum class Heard { nothing, some, too_much };
    std::optional<UioDevice::Saved> saved_device() const;
    void restore(const RestoredOutput& restored, Time now);
    bool restore_session(const SavedOutput& saved, RestoredDescriptors& restored, Time now);
    void update(Time now);
    void act(Time now);
    void set_alarm(Time now);
    void open(Time now);
    void enter(Time now);
    void close(Time now);
    void listen_to_host(Time now);
    Heard receive(Time now);
    bool went(Channel::Sent sent);
    void flush(Time now);
    void watch_host(Time now);
    void take_layout();
    void say_once(OutputListener::Importance importance, const std::string& sentence);
    std::string description() const;
    std::string unfit(Mode mode) const;
    void say_unfit();

    EventLoop& loop_;
    std::unique_ptr<UioPort> port_;
    FramebufferSource source_;
    Options options_;
    Session session_;
    DirtFrame frame_;
    HostWatch watch_;
    Layout layout_;
    std::optional<Connection> connection_;
    std::uint64_t connections_ = 0;  // opened so far, by this and all processes before it
    EventLoop::Alarm alarm_;
    std::optional<Time> alarm_at_;
    // A host that interrupts or sends without end is heard again then.
    std::optional<Time> throttled_until_;
    unsigned idle_interrupts_ = 0;
    std::optional<std::string> broken_;  // why the connection is to be closed
    bool suspended_ = false, was_active_ = false;
    std::string last_said_, trouble_;  // trouble_: why the last connection was closed
    std::vector<std::byte> received_;
    std::vector<std::byte> whole_dirt_;  // for flush_on_crash(): a DIRT of the whole picture
};

}  // namespace hvfbd::hyperv
