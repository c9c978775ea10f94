#pragma once

#include <hvfb/hvfb.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "common/descriptor.h"
#include "vnc/message_gate.h"
#include "vnc/mode_request.h"
#include "vnc/picture.h"
#include "vnc/rfb_screen.h"

struct _rfbClientRec;

namespace vnc {

class Typist;

// What libvncserver knows of one client: the protocol, and what it has not been sent yet. Reads and writes of
// libvncserver wait for the client, up to `longest_wait`: so each session has a thread of its own, and a
// screen of libvncserver's for it alone.
class RfbSession {
  public:
    // Begins the handshake, which waits for a tenth of a second. Afterwards is_open() says whether there is a
    // client. `name` is what its window is called. `change_mode` is asked where the client wishes for another
    // mode; none: it may not. `typist` gets its keys, and lives longer; without one it looks only. With
    // `exact` it gets no JPEG, whatever it asks for.
    RfbSession(hvfbd::Descriptor socket, std::shared_ptr<const Picture> picture, std::string name,
               ModeChange change_mode, Typist* typist = nullptr, bool exact = false);
    RfbSession(const RfbSession&) = delete;
    RfbSession& operator=(const RfbSession&) = delete;
    ~RfbSession();

    // False: the connection has ended, or was ended.
    bool is_open() const;
    // The handshake is complete.
    bool is_ready() const;
    int fd() const;
    // The client has asked for an update, and got none yet.
    bool has_asked() const;

    // `rects` of `picture` have changed.
    void show(std::shared_ptr<const Picture> picture, std::span<const hvfb_rect> rects);
    // The client is told with its next update, where it has asked to be.
    void rename(const std::string& name);
    // Call it when fd() is readable: takes one message.
    void read_message();
    // Sends what the client has asked for and what has changed. False: that is nothing.
    bool answer();

  private:
    void take_size_wish();
    ModeAnswer change_mode(const SizeWish& wish) const;
    void discard_text();
    void take_extended_key();
    void tell(std::span<const std::uint8_t> update);
    void tell_news();
    void end();
    void restrict_features() const;

    const ModeChange change_mode_;
    const bool exact_;
    RfbScreen screen_;
    _rfbClientRec* client_ = nullptr;
    // Of which libvncserver tells.
    struct Keys {
        Typist* typist;
        // The client has asked for QEMU's extended key events; it was told that they are known.
        bool extended = false, offered = false;
        // It has asked for the name of its window.
        bool named = false;
    };
    friend struct KeyCalls;
    Keys keys_;
    bool has_new_name_ = false;
};

// Once, before the first session. libvncserver would write a line for each message of a client; and it writes
// to clients that have gone, which SIGPIPE, ignored from now on, would be the end of the process for. It goes
// on with what it does where `interrupting_signal` ends a call of its own.
constexpr int interrupting_signal = SIGUSR1;
void prepare_libvncserver();

}  // namespace vnc
