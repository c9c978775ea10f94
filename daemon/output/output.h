#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/layout.h"

namespace hvfbd {

class OutputListener {
  public:
    virtual ~OutputListener() = default;
    // visible(), layout() or modes() may differ from what they were.
    virtual void output_changed() = 0;
};

// What shows the picture. Everything on the loop's thread.
class Output {
  public:
    virtual ~Output() = default;

    virtual std::string_view name() const = 0;  // "memory", as the bus says it
    virtual Layout layout() const = 0;
    // What set_mode() takes, the preferred one first; empty: any.
    virtual std::vector<Mode> modes() const = 0;
    // The screen memory, in layout(). Written, never read. Empty where front itself is what is shown.
    virtual std::span<std::byte> scanout() = 0;

    enum class Presented { done, refused };
    // Tells the host that scanout changed inside the rectangles. Refused: not now; the caller keeps the
    // damage and tries again at the next interval.
    virtual Presented present(std::span<const Rectangle> rectangles) = 0;

    // Whether somebody looks, as far as the output knows.
    virtual bool visible() const = 0;
    // How many viewers of front there are now.
    virtual void viewers_changed(std::size_t count) = 0;
    // Throws Refusal (no_such_mode, not_supported). layout() is the new one when it returns, or changes
    // later.
    virtual void set_mode(Mode mode) = 0;

    // Null: nobody. Borrowed.
    void listen(OutputListener* listener) { listener_ = listener; }

  protected:
    void changed() {
        if (listener_) listener_->output_changed();
    }

  private:
    OutputListener* listener_ = nullptr;
};

}  // namespace hvfbd
