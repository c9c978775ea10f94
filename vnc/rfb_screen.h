#pragma once

#include <hvfb/hvfb.h>

#include <memory>
#include <span>
#include <string>

#include "vnc/picture.h"

struct _rfbScreenInfo;

namespace vnc {

// A screen of libvncserver's for one client alone: a picture that it reads where it is, and never draws into.
class RfbScreen {
  public:
    // `name` is what the client's window is called. Throws std::bad_alloc.
    RfbScreen(std::shared_ptr<const Picture> picture, std::string name);
    RfbScreen(const RfbScreen&) = delete;
    RfbScreen& operator=(const RfbScreen&) = delete;
    // Its client has gone.
    ~RfbScreen();

    _rfbScreenInfo* get() const { return screen_; }
    const Picture& picture() const { return *picture_; }
    const std::string& name() const { return name_; }
    void rename(std::string name);
    // `rects` of `picture` have changed.
    void show(std::shared_ptr<const Picture> picture, std::span<const hvfb_rect> rects);

  private:
    void set_size(const Picture& picture);

    std::string name_;
    std::shared_ptr<const Picture> picture_;
    _rfbScreenInfo* screen_;
};

// What all screens are copies of: to be prepared once, before the first of them. Throws std::bad_alloc.
_rfbScreenInfo& first_rfb_screen();

}  // namespace vnc
