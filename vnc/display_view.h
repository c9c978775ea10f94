#pragma once

#include <hvfb/hvfb.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vnc/picture.h"

namespace vnc {

// Which display. Empty: the library's own choice.
struct Source {
    std::string bus, display;
};

// A view of a display: libhvfb's, whose pictures outlive it. One thread.
class DisplayView {
  public:
    // Nothing: `error` says why, as hvfb_viewer_open() does, and `why` in a sentence. Throws std::bad_alloc.
    static std::unique_ptr<DisplayView> open(const Source& source, int& error, std::string& why);
    DisplayView(const DisplayView&) = delete;
    DisplayView& operator=(const DisplayView&) = delete;
    ~DisplayView();

    // Readable when take() has something.
    int fd() const { return hvfb_viewer_fd(viewer_); }
    // As it is now. Changes in take() alone.
    const std::shared_ptr<const Picture>& picture() const { return picture_; }
    // 0, and what changed, until the next call; -ETIME: nothing did; else the view is over, and it is why.
    int take(std::span<const hvfb_rect>& rects);

  private:
    DisplayView() = default;
    static void* place(void* view, std::size_t size) noexcept;
    bool take_picture();

    hvfb_viewer* viewer_ = nullptr;
    std::vector<std::shared_ptr<const PictureMemory>> given_;  // to the library, and not shown yet
    std::shared_ptr<const Picture> picture_;
};

}  // namespace vnc
