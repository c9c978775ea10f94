#include "run/notify/shared_screen.h"

#include <algorithm>
#include <cerrno>

#include "run/keyboards/message.h"

namespace run {
namespace {

constexpr int refresh_ms = 20, quiet_refresh_ms = 100, hidden_refresh_ms = 200, refreshes_until_quiet = 50;

}  // namespace

int SharedScreen::open(std::string& error) {
    if (surface_) return 0;
    char message[256] = "";
    hvfb_open_options options{};
    options.size = sizeof options;
    options.name = settings_.name.empty() ? nullptr : settings_.name.c_str();
    options.flags = settings_.keep ? HVFB_OPEN_KEEP : 0;
    options.message = message;
    options.message_size = sizeof message;
    hvfb_surface* opened = nullptr;
    if (::hvfb_surface_open(&opened, &options) < 0) {
        error = message;
        return ENODEV;
    }
    std::unique_ptr<hvfb_surface, CloseSurface> surface(opened);
    hvfb_layout layout{};
    ::hvfb_surface_layout(opened, &layout);
    // A second surface of these programs is of the size that they have.
    if (!memory_)
        if (const int failed = map(layout, ::hvfb_surface_pixels(opened))) {
            error = "memory for the framebuffer";
            return failed;
        }
    layout_ = layout;
    surface_ = std::move(surface);
    if (!settings_.keyboards.empty()) tell_of_surface(settings_.keyboards.c_str());
    mode_changed();
    return 0;
}

int SharedScreen::map(const hvfb_layout& layout, const void* kept_pixels) {
    const std::uint32_t width = settings_.width ? settings_.width : layout.width;
    const std::uint32_t height = settings_.height ? settings_.height : layout.height;
    if (width > layout.width || height > layout.height) return EINVAL;
    // One height: what is read to its end is one picture.
    const std::uint32_t stride = settings_.width ? width * 4 : layout.stride;
    const fbdev::FbDevice device({width, height, stride}, settings_.bits, 1);
    // Not whole pages: so much can be read, with 32 bits. What is mapped behind it is there all the same.
    if (const int failed = memory_.open(std::size_t{stride} * height)) return failed;
    device_ = device;
    if (settings_.width == 0 && settings_.bits == 32) {
        // What a program before this one has kept.
        const auto* const kept = static_cast<const std::byte*>(kept_pixels);
        std::copy_n(kept, std::size_t{stride} * height, memory_.pixels());
    }
    return 0;
}

fbdev::ShownPixels SharedScreen::shown() const {
    return {.pixels = static_cast<std::byte*>(::hvfb_surface_pixels(surface_.get())),
            .width = layout_.width,
            .height = layout_.height,
            .stride = layout_.stride};
}

void SharedScreen::mode_changed() {
    seen_.resize(fbdev::PictureCopy::needed(device_, shown()));
    copy_.begin(device_, shown(), settings_.scale, seen_.data(), memory_.pixels());
    quiet_ = 0;
}

bool SharedScreen::show() {
    memory_.look();
    const bool changed =
        copy_.copy(device_, shown(), memory_.pixels(), [this] { ::hvfb_surface_begin(surface_.get()); });
    if (changed) ::hvfb_surface_end(surface_.get());
    return changed;
}

int SharedScreen::refresh() {
    const bool changed = show();
    // A screenshot may be taken where nobody looks.
    if (::hvfb_surface_is_shown(surface_.get()) == 0) return hidden_refresh_ms;
    quiet_ = changed ? 0 : quiet_ < refreshes_until_quiet ? quiet_ + 1 : quiet_;
    return quiet_ < refreshes_until_quiet ? refresh_ms : quiet_refresh_ms;
}

}  // namespace run
