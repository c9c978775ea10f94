#pragma once

#include <hvfb/hvfb.h>

#include <array>

#include "channel.h"
#include "connection.h"
#include "fork.h"
#include "mapping.h"
#include "surface.h"
#include "tracking/waiting.h"

namespace hvfb {

// hvfb_viewer_open, with another way to the daemon.
int open_viewer(hvfb_viewer** viewer, const hvfb_open_options* options, Connect connect);

}  // namespace hvfb

// What hvfb.h calls a viewer. It has no thread: messages are read in hvfb_viewer_wait.
struct hvfb_viewer : hvfb::ForkListed {
    hvfb_viewer() : ForkListed(in_child) {}

    // Asks for the next frame, unless that was done.
    void ask();
    // Takes a message. What hvfb_viewer_wait is to return, or -EAGAIN: it was nothing to return for.
    int take(hvfb::Channel::Received& received, hvfb_viewer_frame* frame);

    hvfb::OpenOptions options;
    hvfb::Mapping front;
    // Of a mode that was announced: becomes front with its first frame. None: there is none.
    hvfb::Mapping next_front;
    hvfb::Channel channel;
    hvfb::Waiting waiting;
    bool asked = false, forked = false;
    bool over = false;  // a new front could not be mapped, or what is sent cannot be read

    // The newest frame.
    std::uint64_t number = 0, time = 0;
    std::uint32_t count = 0;
    std::array<hvfb_rect, hvfb::message::FrameReady::capacity> rects;

  private:
    static void in_child(hvfb::ForkListed& listed);
};
