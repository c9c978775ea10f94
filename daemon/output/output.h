#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/layout.h"
#include "base/stored_descriptors.h"

namespace hvfbd {

class OutputListener {
  public:
    virtual ~OutputListener() = default;
    // visible(), layout() or modes() may differ from what they were.
    virtual void output_changed() noexcept = 0;
    // A message of the host is about to be acknowledged: it must not be lost with this process.
    virtual void output_needs_persisting() {}
    // For the log: a change of the output's own state, as a sentence.
    enum class Importance { information, warning };
    virtual void output_said(Importance, const std::string& /*sentence*/) {}
};

// What another process of the daemon saved for an output: bytes of that output's, and descriptors by name;
// the mode that was set over the bus; and what it was: its name, and the size that it showed last. `wanted`:
// the configuration names the same output as it did for that process, or it is not known whether it does.
struct RestoredOutput {
    const std::string& state;
    RestoredDescriptors& descriptors;
    std::optional<Mode> mode{};
    std::string_view name{};
    std::optional<Mode> size{};
    bool wanted = true;
};

// What shows the picture. Everything on the loop's thread.
class Output {
  public:
    virtual ~Output() = default;

    virtual std::string_view name() const = 0;  // "memory", as the bus says it
    virtual Layout layout() const = 0;
    // What the screen offers, the preferred one first; set_mode() may take others. Empty: any.
    virtual std::vector<Mode> modes() const = 0;
    // The screen memory, in layout(). Written, never read. Empty where front itself is what is shown.
    virtual std::span<std::byte> scanout() = 0;
    // What scanout lacks of frames that were presented before, where it is not the memory they were written
    // to: to be copied from front before the next present. Changes with present() only.
    virtual std::span<const Rectangle> stale() const { return {}; }

    // How many rectangles present() takes at once.
    virtual std::size_t most_rectangles() const { return std::numeric_limits<std::size_t>::max(); }

    // Pixels are about to be stored into scanout(): the last moment to see that it is somebody else's now.
    virtual void before_stores() {}

    enum class Presented { done, refused };
    // Submits the rectangles in which scanout changed to the host, all of them or none. Refused: not now; the
    // caller keeps the damage and tries again at the next interval.
    virtual Presented present(std::span<const Rectangle> rectangles) = 0;

    // Whether somebody looks, as far as the output knows.
    virtual bool visible() const = 0;
    // Why nothing can be shown now, whoever looks, and what mends it or is done about it. Empty: it can be,
    // or the output does not know. Asked after every dispatch.
    virtual std::string problem() const { return {}; }
    // The screen may have lost its picture since this was last asked: all of it is to be presented again.
    // Asks once.
    virtual bool take_repaint() { return false; }
    // WhenHidden=ignore: what can be shown while nobody looks is shown, and damage is submitted. The display
    // asks for all of it anew when this changes.
    virtual void ignore_hidden(bool /*ignore*/) {}
    // How many viewers of front there are now.
    virtual void viewers_changed(std::size_t count) noexcept = 0;
    // Throws RequestError (no_such_mode, not_supported). layout() is the new one when it returns, or changes
    // later.
    virtual void set_mode(Mode mode) = 0;

    // Somebody wants to show or see something: a good time to try again what could not be had.
    virtual void wanted() {}
    // The machine goes to sleep, and the device with it; and is awake again.
    virtual void suspend() {}
    virtual void resume() {}
    // The process is about to die: submits the whole picture, if that can be done at once. Called in a signal
    // handler, whatever was interrupted: no allocation, no lock, no exception.
    virtual void flush_on_crash() noexcept {}

    // What the next process needs to restore the output: empty, or bytes for this kind of output alone.
    virtual std::string save() const { return {}; }
    virtual void add_stored_descriptors(std::vector<StoredDescriptor>&) const {}

    // Null: nobody. Borrowed. What the output said while nobody listened is said now.
    void listen(OutputListener* listener) {
        listener_ = listener;
        if (!listener_) return;
        for (const auto& [importance, sentence] : std::exchange(unheard_, {}))
            listener_->output_said(importance, sentence);
    }

  protected:
    bool listened() const { return listener_ != nullptr; }
    void changed() noexcept {
        if (listener_) listener_->output_changed();
    }
    void persist() {
        if (listener_) listener_->output_needs_persisting();
    }
    void say(OutputListener::Importance importance, const std::string& sentence) {
        if (listener_)
            listener_->output_said(importance, sentence);
        else if (unheard_.size() < most_unheard)
            unheard_.emplace_back(importance, sentence);
    }

  private:
    static constexpr std::size_t most_unheard = 8;

    OutputListener* listener_ = nullptr;
    std::vector<std::pair<OutputListener::Importance, std::string>> unheard_;
};

}  // namespace hvfbd
