#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "base/folder_watch.h"
#include "output/output.h"
#include "output/uio/screen.h"

namespace hvfbd::uio {

// The memory of a device, which shows it as it is: nothing is submitted. Shown always but while the device is
// not there; it is taken again when it is back. The geometry is the configuration's, or, on a Bochs display
// adapter, what its registers are set to.
class UioOutput : public Output {
  public:
    struct Options {
        std::optional<Mode> mode;
        std::uint32_t stride = 0;  // bytes; 0: rows without padding. Of no meaning where there are registers.
        std::optional<Mode> before{};  // that of the process before: until there is a screen
    };
    // `devices`: the folder whose changes bring the device. Throws RequestError for a mode and a stride that
    // do not fit each other. Borrowed: the loop outlives the output.
    UioOutput(EventLoop& loop, std::unique_ptr<ScreenPort> port, const std::filesystem::path& devices,
              const Options& options);
    UioOutput(const UioOutput&) = delete;
    UioOutput& operator=(const UioOutput&) = delete;

    std::string_view name() const override { return "uio"; }
    Layout layout() const override { return layout_; }
    std::vector<Mode> modes() const override;
    std::span<std::byte> scanout() override;
    void before_stores() override;
    Presented present(std::span<const Rectangle> rectangles) override;
    bool visible() const override { return screen_ != nullptr; }
    std::string problem() const override;
    bool take_repaint() override { return std::exchange(repaint_, false); }
    void viewers_changed(std::size_t) noexcept override {}
    void set_mode(Mode mode) override;
    void suspend() override;
    void resume() override;
    void flush_on_crash() noexcept override;

  private:
    void devices_changed();
    void update();
    void open();
    void adopt(Screen& screen);
    void adopt_fixed(const Screen& screen);
    bool watched() const;
    void try_later();
    void leave();
    void leave_if_gone();
    std::uint64_t memory_of(const Screen& screen) const;
    // There is no screen, and this is why. Said at once, or not yet.
    void be_without_screen(const std::string& why, bool say);
    void say_once(OutputListener::Importance importance, const std::string& sentence);

    EventLoop& loop_;
    std::unique_ptr<ScreenPort> port_;
    Options options_;
    Layout layout_;
    std::optional<Mode> wanted_;  // by whoever set it last
    std::unique_ptr<Screen> screen_;
    EventLoop::Alarm alarm_;
    std::optional<FolderWatch> watch_;
    Duration back_off_;    // until the next try
    Duration after_loss_;  // the same after another driver has taken the memory
    bool repaint_ = false, suspended_ = false;
    std::string last_said_;
    std::string problem_;  // why there is no screen
};

}  // namespace hvfbd::uio
