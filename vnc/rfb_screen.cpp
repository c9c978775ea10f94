#include "vnc/rfb_screen.h"

#include <pthread.h>
#include <rfb/rfb.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace vnc {

namespace {

constexpr int bits_of_colour = 8, colours = 3, bytes_of_pixel = 4;

// XRGB8888, whatever libvncserver takes for usual. Its depth lets ZRLE and Tight leave the unused byte out.
void set_format(rfbScreenInfo& screen) {
    constexpr std::uint8_t red = 16, green = 8, blue = 0, depth = 24;
    screen.serverFormat.depth = depth;
    screen.serverFormat.redShift = red;
    screen.serverFormat.greenShift = green;
    screen.serverFormat.blueShift = blue;
}

// It is read alone: there is no cursor of libvncserver's that would be drawn into it.
char* frame_buffer(const Picture& picture) {
    return static_cast<char*>(const_cast<void*>(picture.pixels()));
}

rfbScreenInfo* make_first_screen() {
    constexpr int any_size = 64;
    int no_words = 0;
    rfbScreenInfo* const screen =
        rfbGetScreen(&no_words, nullptr, any_size, any_size, bits_of_colour, colours, bytes_of_pixel);
    if (screen == nullptr) throw std::bad_alloc();
    set_format(*screen);
    // One that all screens share, and that is drawn into the picture.
    screen->cursor = nullptr;
    screen->alwaysShared = TRUE;
    screen->deferUpdateTime = 0;
    // It would keep a movement back, and never say it.
    screen->deferPtrUpdateTime = 0;
    screen->permitFileTransfer = FALSE;
    return screen;
}

rfbScreenInfo* make_screen(const Picture& picture, const char* name) {
    // Zeros behind it: a later version of the library may have more members.
    constexpr std::size_t room = 4096;
    auto* const screen = static_cast<rfbScreenInfo*>(std::calloc(1, sizeof(rfbScreenInfo) + room));
    if (screen == nullptr) throw std::bad_alloc();
    *screen = first_rfb_screen();
    ::pthread_mutex_init(&screen->cursorMutex, nullptr);
    screen->width = static_cast<int>(picture.layout.width);
    screen->height = static_cast<int>(picture.layout.height);
    screen->frameBuffer = frame_buffer(picture);
    screen->paddedWidthInBytes = static_cast<int>(picture.layout.stride);
    screen->desktopName = name;
    return screen;
}

}  // namespace

// rfbGetScreen() begins a mutex anew that all screens lock, and who waits for it then waits for ever: so it
// is called once, before there are threads.
rfbScreenInfo& first_rfb_screen() {
    static rfbScreenInfo* const screen = make_first_screen();
    return *screen;
}

RfbScreen::RfbScreen(std::shared_ptr<const Picture> picture, std::string name)
    : name_(std::move(name)), picture_(std::move(picture)), screen_(make_screen(*picture_, name_.c_str())) {}

RfbScreen::~RfbScreen() {
    rfbScreenCleanup(screen_);
}

void RfbScreen::rename(std::string name) {
    name_ = std::move(name);
    screen_->desktopName = name_.c_str();
}

void RfbScreen::set_size(const Picture& picture) {
    rfbNewFramebuffer(screen_, frame_buffer(picture), static_cast<int>(picture.layout.width),
                      static_cast<int>(picture.layout.height), bits_of_colour, colours, bytes_of_pixel);
    set_format(*screen_);
    if (screen_->clientHead != nullptr) screen_->setTranslateFunction(screen_->clientHead);
}

void RfbScreen::show(std::shared_ptr<const Picture> picture, std::span<const hvfb_rect> rects) {
    const bool other_size =
        picture->layout.width != picture_->layout.width || picture->layout.height != picture_->layout.height;
    if (other_size) set_size(*picture);
    screen_->frameBuffer = frame_buffer(*picture);
    screen_->paddedWidthInBytes = static_cast<int>(picture->layout.stride);
    picture_ = std::move(picture);
    for (const hvfb_rect& rect : rects)
        rfbMarkRectAsModified(screen_, static_cast<int>(rect.x), static_cast<int>(rect.y),
                              static_cast<int>(rect.x + rect.width), static_cast<int>(rect.y + rect.height));
}

}  // namespace vnc
