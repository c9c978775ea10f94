#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/running_timer.h"
#include "output/drm/card.h"
#include "output/drm/choice.h"
#include "output/drm/presence.h"
#include "output/output.h"

namespace hvfbd::drm {

// One display on a KMS card: its buffers, and the screens that show them. How damage is submitted depends on
// the driver:
//   dirty   it copies the submitted rectangles (virtio-gpu and others): one buffer, drmModeDirtyFB
//   flip    it scans the buffer out by itself, whenever it likes: two buffers, or frames are seen half
//           written
//   direct  the same with several screens, whose vertical blanks are not in step, or where it cannot flip:
//   one
//           buffer, nothing to submit, and a frame may be seen half written
// Hidden while there is no card, no screen, the screen is off, or somebody else is the card's master.
class DrmOutput : public Output {
  public:
    // Whose the card is.
    class Owner {
      public:
        virtual ~Owner() = default;
        // Something happened that may make shown what is hidden.
        virtual void try_again() = 0;
        // Somebody wants to see a display that is hidden.
        virtual void wanted() = 0;
        // Everything that can happen leads here.
        virtual void update() = 0;
        // Another dispatch of the loop, in which changes are handled.
        virtual void request_dispatch() = 0;
        // Shows every display as it wishes, now, or fails it.
        virtual void arrange() = 0;
        // The card cannot be used any more.
        virtual void lost(Presence::State state, const std::string& why) = 0;
        // This display alone could not be shown.
        virtual void failed(DrmOutput& display, const std::string& why) = 0;
    };
    // Borrowed: the loop and the owner outlive the output.
    // `of_its_own`: the wished connector is this display's and no other's, in the next process as well.
    // `size`: of its picture until there is a screen, where no mode is wished.
    DrmOutput(EventLoop& loop, Owner& owner, Wish wish, bool of_its_own, std::optional<Mode> size = {});
    // The connector of the display that saved this; empty: it had none of its own.
    static std::string saved_connector(const std::string& saved);
    DrmOutput(const DrmOutput&) = delete;
    DrmOutput& operator=(const DrmOutput&) = delete;

    std::string_view name() const override { return "drm"; }
    Layout layout() const override { return layout_; }
    // Without a screen, that of the picture: empty would say that any can be set.
    std::vector<Mode> modes() const override {
        return modes_.empty() ? std::vector<Mode>{{layout_.width, layout_.height}} : modes_;
    }
    // Empty while hidden, and while the buffer to be written is still shown.
    std::span<std::byte> scanout() override;
    std::span<const Rectangle> stale() const override { return stale_; }
    Presented present(std::span<const Rectangle> rectangles) override;
    bool visible() const override { return shows() && on_ && !suspended_; }
    bool take_repaint() override { return std::exchange(repaint_, false); }
    void viewers_changed(std::size_t) noexcept override {}
    void set_mode(Mode mode) override;
    void wanted() override;
    void suspend() override;
    void resume() override;
    std::string save() const override;
    // No flush on a crash: with the process goes its framebuffer, and the kernel shows its console again.

    std::string problem() const override;
    // Why it is hidden, or what it shows on; a sentence.
    const std::string& description() const { return description_; }
    enum class Submission { dirty, flip, direct };
    Submission submission() const { return submission_; }

    // ---- for the owner of the card
    const Wish& wish() const { return wish_; }
    void wish_for(const std::string& connector) { wish_.connector = connector; }
    bool suspended() const { return suspended_; }
    bool shows() const { return !heads_.empty(); }
    const std::vector<Head>& heads() const { return heads_; }
    // What can be shown, whether or not it will be: clients that come meanwhile draw in that size.
    void expect(const Plan& plan);
    // The three steps to showing what was planned, each to be done for all displays before the next. They
    // throw std::system_error; what was shown is still shown only if prepare() throws.
    void prepare(Card& card, const Plan& plan);  // the new picture is there before the old one goes
    void release(const Plan& plan);              // what others may need
    void light(const Plan& plan);
    // Of a display that is lit: whether one of its screens is switched on; whether all of it shall be
    // presented again.
    void screens_are(bool on, bool repaint);
    // Sets the mode anew where a link has failed. Throws what concerns the card.
    void train_links(const std::vector<Connector>& connectors);
    // What was planned cannot be shown. Said by the owner.
    void fail(const std::string& why);
    // Before the card is closed: nothing of it is left.
    void drop_card() noexcept;
    void flipped(Id crtc);
    // Said once, and kept as the description.
    void describe(OutputListener::Importance importance, const std::string& sentence);
    // The same, where another display says it.
    void describe(const std::string& sentence) { description_ = sentence; }
    // Said, and no description.
    void mention(const std::string& sentence);
    void say_what_there_is();

  private:
    void darken() noexcept;
    void show(const CrtcState& state);
    std::string show_on(const std::vector<Head>& heads);
    void find_submission();
    Presented answered(Answer answer);

    EventLoop& loop_;
    Owner& owner_;
    Wish wish_;
    bool of_its_own_;
    Layout layout_;
    std::vector<Mode> modes_;

    Card* card_ = nullptr;  // the owner's, while it is open
    std::vector<std::unique_ptr<Buffer>> buffers_;
    std::unique_ptr<Buffer> prepared_;
    std::size_t shown_ = 0;              // which of the buffers
    std::vector<Head> heads_, planned_;  // lit, and what was to be
    bool on_ = false, failed_ = false;
    Submission submission_ = Submission::direct;
    // A flip takes a frame of the screen; a driver that does not say that it came to pass is not waited for
    // without end. It is asked about when something is to be presented, a second apart at most.
    RunningTimer flipping_{std::chrono::seconds(1), 1};
    std::vector<Rectangle> stale_, clipped_;

    bool suspended_ = false, repaint_ = false;
    std::string description_, last_said_;
    struct Sentence {
        OutputListener::Importance importance;
        std::string words;
        bool mentioned;
    };
    std::vector<Sentence> unsaid_;
};

// Not the card's master any more, or without a card: what concerns every display of it.
std::optional<Presence::State> card_trouble(const std::system_error& error);
// Throws the error that an answer other than done is, where nothing else can be made of it.
[[noreturn]] void throw_answer(Answer answer, const std::string& tried);

}  // namespace hvfbd::drm
