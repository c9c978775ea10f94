#include "output/uio/uio_output.h"

#include <algorithm>

#include "base/error.h"
#include "output/store_fence.h"

namespace hvfbd::uio {

namespace {

using Importance = OutputListener::Importance;

// The kernel makes the node before it says which maps there are, and udev gives rights to it after that: a
// device that has just come is tried again at once, and nothing is said before it had time.
constexpr Duration first_back_off = std::chrono::milliseconds(10);
constexpr Duration until_said = std::chrono::milliseconds(500);
// Where the folder of devices says what happens nothing is tried any more after a while; otherwise for ever.
constexpr Duration longest_watched = std::chrono::seconds(10), longest = std::chrono::seconds(60);

std::string text(Mode mode) {
    return std::to_string(mode.width) + "x" + std::to_string(mode.height);
}

Mode mode_of(const Layout& layout) {
    return {layout.width, layout.height};
}

std::uint64_t bytes_of(const Layout& layout) {
    return std::uint64_t{layout.stride} * layout.height;
}

}  // namespace

UioOutput::UioOutput(EventLoop& loop, std::unique_ptr<ScreenPort> port, const std::filesystem::path& devices,
                     const Options& options)
    : loop_(loop),
      port_(std::move(port)),
      options_(options),
      layout_(layout_for(options.mode.value_or(options.before.value_or(default_mode)), options.stride)),
      wanted_(options.mode),
      alarm_(loop, [this] { update(); }),
      back_off_(first_back_off),
      after_loss_(first_back_off) {
    try {
        watch_.emplace(loop, devices, [this] { devices_changed(); });
    } catch (const std::system_error& error) {
        say_once(Importance::warning,
                 std::string(error.what()) + "; looking for the device from time to time instead");
    }
    update();
}

// Something came or went, perhaps the device.
void UioOutput::devices_changed() {
    if (!screen_) back_off_ = first_back_off;
    after_loss_ = first_back_off;
    update();
}

// Everything that can happen leads here.
void UioOutput::update() {
    alarm_.set(std::nullopt);
    if (suspended_) return;
    try {
        if (screen_ && !screen_->attached()) leave();
        if (!screen_) open();
    } catch (...) {
        // There was not even memory to say so. The folder does not call again.
        alarm_.set(loop_.now() + EventLoop::until_again);
        throw;
    }
}

void UioOutput::leave() {
    be_without_screen(screen_->name + " has gone; hidden until it is back", true);
    screen_.reset();
    back_off_ = first_back_off;
    changed();
}

void UioOutput::open() {
    try {
        auto screen = port_->open();
        adopt(*screen);
        screen_ = std::move(screen);
    } catch (const ScreenPort::NotThere& not_there) {
        be_without_screen(std::string(not_there.what()) + "; hidden until it is there", true);
        // Nothing to try before the kernel makes a device, where it says so.
        if (!watched()) try_later();
        return;
    } catch (const std::exception& exception) {
        be_without_screen(std::string(exception.what()) + "; hidden, and tried again " +
                              (watched() ? "when the device changes" : "from time to time"),
                          back_off_ >= until_said);
        try_later();
        return;
    }
    back_off_ = first_back_off;
    repaint_ = true;
    say_once(Importance::information,
             "showing on " + screen_->name + ": " + std::to_string(screen_->memory.bytes.size() >> 10) +
                 " KiB of screen memory, " + text(mode_of(layout_)) +
                 (screen_->registers ? ", other modes by its registers" : ", and no other mode"));
    changed();
}

bool UioOutput::watched() const {
    return watch_ && port_->shows_in_devices();
}

void UioOutput::try_later() {
    if (watched() && back_off_ > longest_watched) return;
    alarm_.set(loop_.now() + back_off_);
    back_off_ = std::min(2 * back_off_, longest);
}

std::uint64_t UioOutput::memory_of(const Screen& screen) const {
    std::uint64_t mapped = screen.memory.bytes.size();
    if (!screen.registers) return mapped;
    return std::min(mapped, screen_memory(*screen.registers).value_or(mapped));
}

// Takes the geometry over, or sets it. Throws where there is none that fits.
void UioOutput::adopt(Screen& screen) {
    if (!screen.registers) return adopt_fixed(screen);
    std::uint64_t memory = memory_of(screen);
    auto now_shown = shown(*screen.registers, memory);
    if (now_shown && (!wanted_ || *wanted_ == mode_of(*now_shown))) {
        layout_ = *now_shown;
        return;
    }
    // Firmware may not have set it up, and a device that has slept or was unplugged has forgotten.
    // What a client set is given up where it does not fit any more; what the configuration says is not.
    Mode configured = options_.mode.value_or(default_mode);
    for (Mode mode : {wanted_.value_or(configured), configured}) {
        if (bytes_of(layout_for(mode)) > memory || !show(*screen.registers, mode)) continue;
        layout_ = layout_for(mode);
        if (wanted_ && mode != *wanted_)
            say_once(Importance::warning, screen.name + " does not take " + text(*wanted_) +
                                              ", which was set before, in " + std::to_string(memory) +
                                              " bytes of screen memory; showing " + text(mode) +
                                              "; set another with hvfbctl mode");
        return;
    }
    throw std::runtime_error("the display adapter " + screen.name + " does not take " + text(configured) +
                             " in " + std::to_string(memory) + " bytes; set another Mode= in hvfbd.conf");
}

void UioOutput::adopt_fixed(const Screen& screen) {
    if (!options_.mode)
        throw std::runtime_error("nothing says how the pixels of " + screen.name +
                                 " lie; set Mode=WIDTHxHEIGHT, and Stride= if its rows are longer, in "
                                 "hvfbd.conf");
    Layout layout = layout_for(*options_.mode, options_.stride);
    std::size_t memory = screen.memory.bytes.size();
    if (bytes_of(layout) > memory)
        throw std::runtime_error(screen.name + " has " + std::to_string(memory) +
                                 " bytes of screen memory; " + text(*options_.mode) + " with a stride of " +
                                 std::to_string(layout.stride) + " needs " +
                                 std::to_string(bytes_of(layout)) +
                                 "; set another Mode=, Framebuffer= or FramebufferSize= in hvfbd.conf");
    layout_ = layout;
}

std::vector<Mode> UioOutput::modes() const {
    std::vector<Mode> modes{options_.mode.value_or(mode_of(layout_))};
    if (!screen_ || !screen_->registers) return modes;
    for (Mode mode : usual_modes(memory_of(*screen_)))
        if (mode != modes.front()) modes.push_back(mode);
    return modes;
}

std::span<std::byte> UioOutput::scanout() {
    if (!screen_) return {};
    return screen_->memory.bytes;
}

// The folder of devices wakes the loop only after this dispatch, and a PCI resource has no events at all.
void UioOutput::leave_if_gone() {
    if (!screen_ || screen_->attached()) return;
    bool lost = MappingGuard::lost(screen_->memory.bytes.data());
    leave();
    // One that can be mapped again and is lost again is not to keep anybody busy.
    alarm_.set(loop_.now() + (lost ? after_loss_ : Duration{}));
    if (lost) after_loss_ = std::min(2 * after_loss_, longest);
}

// Memory that is another's now is not to be written.
void UioOutput::before_stores() {
    leave_if_gone();
}

Output::Presented UioOutput::present(std::span<const Rectangle>) {
    store_fence();
    // What was stored meanwhile is stored again when there is a screen.
    leave_if_gone();
    return Presented::done;
}

void UioOutput::set_mode(Mode mode) {
    Layout layout = layout_for(mode);  // throws for what no picture can be
    if (mode == mode_of(layout_)) return;
    if (!screen_)
        throw RequestError(RequestError::Kind::busy,
                           "the screen is not there now; set the mode when it is back");
    if (!screen_->registers)
        throw RequestError(RequestError::Kind::not_supported,
                           "the mode of " + screen_->name +
                               " is what Mode= in hvfbd.conf says; change it there, and restart hvfbd");
    std::uint64_t memory = memory_of(*screen_);
    if (bytes_of(layout) > memory || !show(*screen_->registers, mode))
        throw RequestError(RequestError::Kind::no_such_mode,
                           "the display adapter does not take " + text(mode) + " in " +
                               std::to_string(memory) + " bytes; see Modes");
    wanted_ = mode;
    layout_ = layout;
    repaint_ = true;
    changed();
}

void UioOutput::suspend() {
    suspended_ = true;
    alarm_.set(std::nullopt);
    screen_.reset();
    changed();
}

void UioOutput::resume() {
    if (!suspended_) return;
    suspended_ = false;
    back_off_ = first_back_off;
    update();
}

void UioOutput::flush_on_crash() noexcept {
    store_fence();
}

std::string UioOutput::problem() const {
    if (suspended_) return "the machine goes to sleep";
    return screen_ ? std::string() : problem_;
}

void UioOutput::be_without_screen(const std::string& why, bool say) {
    problem_ = why;
    if (say) say_once(Importance::warning, why);
}

void UioOutput::say_once(Importance importance, const std::string& sentence) {
    if (sentence == last_said_) return;
    last_said_ = sentence;
    say(importance, sentence);
}

}  // namespace hvfbd::uio
