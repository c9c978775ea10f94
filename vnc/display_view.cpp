#include "vnc/display_view.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

namespace vnc {

namespace {

const char* text_or_nothing(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

}  // namespace

void* DisplayView::place(void* view, std::size_t size) noexcept {
    try {
        auto memory = std::make_shared<const PictureMemory>(size);
        void* const address = memory->address();
        static_cast<DisplayView*>(view)->given_.push_back(std::move(memory));
        return address;
    } catch (const std::exception&) {
        return nullptr;
    }
}

std::unique_ptr<DisplayView> DisplayView::open(const Source& source, int& error, std::string& why) {
    constexpr std::size_t longest_sentence = 512;
    std::array<char, longest_sentence> sentence{};
    std::unique_ptr<DisplayView> view(new DisplayView);
    hvfb_open_options options{};
    options.size = sizeof options;
    options.bus = text_or_nothing(source.bus);
    options.display = text_or_nothing(source.display);
    options.message = sentence.data();
    options.message_size = sentence.size();
    options.place = place;
    options.place_context = view.get();
    error = hvfb_viewer_open(&view->viewer_, &options);
    if (error >= 0 && view->take_picture()) return view;
    if (error >= 0) error = -EPROTO;
    why = sentence.front() != '\0' ? sentence.data() : hvfb_strerror(error);
    return nullptr;
}

DisplayView::~DisplayView() {
    hvfb_viewer_close(viewer_);
}

// False: the display has pixels that are not known here.
bool DisplayView::take_picture() {
    hvfb_layout layout{};
    hvfb_viewer_layout(viewer_, &layout);
    const void* const pixels = hvfb_viewer_pixels(viewer_);
    const auto shown =
        std::ranges::find_if(given_, [pixels](const auto& memory) { return memory->address() == pixels; });
    if (layout.format != HVFB_FORMAT_XRGB8888 || shown == given_.end()) return false;
    picture_ = std::make_shared<const Picture>(Picture{*shown, layout});
    // Those before it were offers of modes that were replaced.
    given_.erase(given_.begin(), std::next(shown));
    return true;
}

int DisplayView::take(std::span<const hvfb_rect>& rects) {
    hvfb_viewer_frame frame{};
    const int result = hvfb_viewer_wait(viewer_, 0, &frame);
    if (result < 0) return result;
    if (result == 1 && !take_picture()) return -EPROTO;
    rects = {frame.rects, frame.count};
    return 0;
}

}  // namespace vnc
