#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "output/drm/card.h"
#include "output/drm/choice.h"
#include "output/drm/presence.h"
#include "output/output.h"

namespace hvfbd::drm {

// The screens of one KMS card, all of which show the same picture. How they are told depends on the driver:
//   dirty   it copies what it is told of (virtio-gpu and others): one buffer, drmModeDirtyFB
//   flip    it scans the buffer out by itself, whenever it likes: two buffers, or frames are seen half
//   written direct  the same with several screens, whose vertical blanks are not in step, or where it cannot
//   flip: one
//           buffer, nothing to tell, and a frame may be seen half written
// Hidden while there is no card, no screen, the screen is off, or somebody else is the card's master. When
// destroyed, the console is what it was.
class DrmOutput : public Output {
  public:
    struct Options {
        std::string connector;     // by name; empty: all
        std::optional<Mode> mode;  // none: what the first screen prefers
    };
    // Borrowed: the loop outlives the output. Takes the card at once, if it is to be had.
    DrmOutput(EventLoop& loop, std::unique_ptr<CardPort> port, const Options& options);
    DrmOutput(const DrmOutput&) = delete;
    DrmOutput& operator=(const DrmOutput&) = delete;
    ~DrmOutput() override;

    std::string_view name() const override { return "drm"; }
    Layout layout() const override { return layout_; }
    std::vector<Mode> modes() const override { return modes_; }
    // Empty while hidden, and while the buffer to be written is still shown.
    std::span<std::byte> scanout() override;
    std::span<const Rectangle> missing() const override { return missing_; }
    Presented present(std::span<const Rectangle> rectangles) override;
    bool visible() const override { return presence_.visible() && !suspended_; }
    bool take_repaint() override { return std::exchange(repaint_, false); }
    void viewers_changed(std::size_t) override {}
    void set_mode(Mode mode) override;
    void wanted() override;
    void suspend() override;
    void resume() override;
    // No last words: with the process goes its framebuffer, and the kernel shows its console again.

    // Why it is hidden, or what it shows on; a sentence.
    const std::string& description() const { return description_; }
    enum class Telling { dirty, flip, direct };
    Telling telling() const { return telling_; }

  private:
    void go_on(Time now);
    void attempt(Time now);
    void take(const Resources& resources, Time now);
    void light(const Plan& plan, Time now);
    void show(const CrtcState& state);
    void find_telling();
    void restore_console() noexcept;
    void drop_card() noexcept;
    void lose(Presence::State state, const std::string& why, Time now);
    Presented answered(Answer answer, Time now);
    void card_is_ready(std::uint32_t events);
    void say_once(OutputListener::Importance importance, const std::string& sentence);

    EventLoop& loop_;
    std::unique_ptr<CardPort> port_;
    std::string connector_;
    std::optional<Mode> wanted_;
    Presence presence_;
    Layout layout_;
    std::vector<Mode> modes_;

    std::unique_ptr<Card> card_;
    std::map<Id, CrtcState> console_;  // what the CRTCs showed before
    std::vector<std::unique_ptr<Buffer>> buffers_;
    std::size_t shown_ = 0;  // which of the buffers
    std::vector<Head> heads_;
    Telling telling_ = Telling::direct;
    std::optional<Time> flipping_since_;
    std::vector<Rectangle> missing_, clipped_;

    bool suspended_ = false, repaint_ = false;
    std::string description_, last_said_;
    std::optional<std::pair<OutputListener::Importance, std::string>> unsaid_;
    // After the card: a source must be gone before its descriptor is closed.
    LoopSource watch_, events_watch_;
    EventLoop::Alarm alarm_;
};

}  // namespace hvfbd::drm
