#include "run/notify/shared_screen.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "run/keyboards/message.h"

namespace run {
namespace {

using Clock = std::chrono::steady_clock;

// What is told of one look. Rows between those that have changed are compared by the daemon.
constexpr std::size_t most_parts = 16;

}  // namespace

int SharedScreen::open(std::string& error) {
    if (surface_) return 0;
    char message[256] = "";
    hvfb_open_options options{};
    options.size = sizeof options;
    options.name = settings_.name.empty() ? nullptr : settings_.name.c_str();
    // What is stored into it is known here, row by row.
    options.flags = HVFB_OPEN_UNTRACKED | (settings_.keep ? HVFB_OPEN_KEEP : 0);
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
    return mode_changed();
}

int SharedScreen::map(const hvfb_layout& layout, const void* kept_pixels) {
    const std::uint32_t width = settings_.width ? settings_.width : layout.width;
    const std::uint32_t height = settings_.height ? settings_.height : layout.height;
    if (width > layout.width || height > layout.height) return EINVAL;
    // One height, as long as no program asks for two: what is read to its end is one picture.
    const std::uint32_t stride = settings_.width ? width * 4 : layout.stride;
    const std::size_t size = std::size_t{stride} * height;
    // Not whole pages: so much can be read, with 32 bits. What is mapped behind it is there all the same.
    if (const int failed = memory_.open(size, 2 * size)) return failed;
    device_ = fbdev::FbDevice({width, height, stride}, settings_.bits, memory_.grows() ? 2 : 1, 1);
    stores_.begin({memory_.device_number(), memory_.inode()}, memory_.file());
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

int SharedScreen::mode_changed() {
    if (const int failed = memory_.grow(device_.memory_size())) return failed;
    seen_.resize(fbdev::PictureCopy::needed(device_, shown()));
    copy_.begin(device_, shown(), settings_.scale, seen_.data(), memory_.pixels());
    times_.owe();
    times_.forget_quiet();
    return 0;
}

void SharedScreen::panned() {
    panned_ = true;
    times_.owe();
}

void SharedScreen::maps(pid_t thread, const StoreWatch::LetGo& let_go) {
    stores_.maps(thread, let_go);
    times_.owe();
}

bool SharedScreen::copy(bool whole, bool& unseen) {
    std::vector<RowRange> changed;
    const std::uint32_t first = device_.var().yoffset;
    const bool any = copy_.copy(
        device_, shown(), memory_.pixels(), [&](std::uint32_t y) { return whole || rows_[first + y] != 0; },
        [&](std::uint32_t y) {
            if (changed.empty()) ::hvfb_surface_begin(surface_.get());
            unseen |= rows_[first + y] == 0;
            const bool follows = !changed.empty() && changed.back().first + changed.back().count == y;
            if (!follows && changed.size() < most_parts) changed.push_back({y, 0});
            changed.back().count = y + 1 - changed.back().first;
        });
    if (!any) return false;
    std::vector<hvfb_rect> parts;
    for (const RowRange& rows : changed) {
        const auto part = copy_.shown_at(device_, rows.first, rows.count);
        parts.push_back({.x = part.x, .y = part.y, .width = part.width, .height = part.height});
    }
    ::hvfb_surface_damage(surface_.get(), parts.data(), parts.size());
    ::hvfb_surface_end(surface_.get());
    return true;
}

void SharedScreen::look() {
    const auto now = Clock::now();
    memory_.look();
    // What is shown anew was stored before.
    rows_.assign(device_.var().yres_virtual, std::exchange(panned_, false));
    // Protected first and compared then: a store in between is found at the next look, too.
    const auto stored = [this](std::uint64_t offset, std::uint64_t size) {
        const RowRange rows =
            rows_at(offset, size, device_.fix().line_length, static_cast<std::uint32_t>(rows_.size()));
        std::fill_n(rows_.begin() + rows.first, rows.count, std::uint8_t{1});
    };
    if (!stores_.take_stores(stored, now)) times_.owe();
    const bool whole = times_.whole(now);
    bool unseen = false;
    const bool changed = copy(whole, unseen);
    times_.looked(whole, changed, unseen, now);
    if (times_.in_vain()) stores_.give_up("somebody stores who is not known");
}

void SharedScreen::show() {
    times_.owe();
    look();
}

int SharedScreen::refresh() {
    look();
    // A screenshot may be taken where nobody looks.
    return times_.pause_ms(::hvfb_surface_is_shown(surface_.get()) != 0);
}

}  // namespace run
