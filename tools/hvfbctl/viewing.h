#pragma once

#include <hvfb/hvfb.h>

#include <cstdint>
#include <memory>

#include "picture_file.h"
#include "where.h"

namespace hvfbctl {

struct CloseViewer {
    void operator()(hvfb_viewer* viewer) const { hvfb_viewer_close(viewer); }
};
using Viewer = std::unique_ptr<hvfb_viewer, CloseViewer>;

// Throws std::runtime_error that says what mends it. It starts no daemon.
Viewer open_viewer(const Where& where);

// Whether there was a frame within `timeout` µs. Throws where the daemon has ended the view.
bool wait(const Viewer& viewer, std::uint64_t timeout, hvfb_viewer_frame& frame);

// The first one is of a look after the view was opened: a display that was hidden is up to date then. Throws
// where there is none within 5 s.
void await_first_frame(const Viewer& viewer);

// What the display shows now, in its mode of now.
hvfbd::Picture current_picture(const Viewer& viewer);

}  // namespace hvfbctl
