#pragma once

#include <hvfb/hvfb.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/damage.h"
#include "vnc/look_state.h"
#include "vnc/mode_request.h"
#include "vnc/picture.h"
#include "vnc/typist.h"

namespace vnc {

class RfbSession;

// A client, with a thread of its own: where it reads slowly, or sends half a message, that thread waits, and
// nobody else does. All members are for the thread that made it.
class Client {
  public:
    // `bell` is rung when looks() or has_ended() become another. While it is `held` the client is answered
    // nothing: there will be another picture at once. `name` is its window's, as long as what it types goes
    // somewhere. `change_mode` is as RfbSession has it. `typist` gets what it types; without one it looks
    // only. With `exact` it gets no JPEG, whatever it asks for. Throws std::system_error: no thread, no
    // descriptor.
    Client(hvfbd::Descriptor socket, std::shared_ptr<const Picture> picture, bool held, std::string name,
           const Bell& bell, ModeChange change_mode = {}, std::unique_ptr<Typist> typist = nullptr,
           bool exact = false);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    // Ends the connection, and waits for the thread.
    ~Client();

    // `rects` of `picture` have changed.
    void show(const std::shared_ptr<const Picture>& picture, std::span<const hvfb_rect> rects);
    void set_held(bool held);
    bool looks() const;
    bool has_ended() const;
    // Why, for the log. Only after it has ended.
    const std::string& end_reason() const { return end_reason_; }

  private:
    void run(hvfbd::Descriptor socket, const std::string& name, ModeChange change_mode, bool exact);
    void converse(RfbSession& session, const std::string& name);
    std::string name_of_window(const std::string& name) const;
    void take_news(RfbSession& session);
    void tell_looks(bool looks);

    hvfbd::Descriptor socket_;  // the same socket, to end the connection while the other one is read
    const Bell& bell_;
    const std::unique_ptr<Typist> typist_;  // of the thread
    const Bell news_;
    mutable std::mutex mutex_;
    std::condition_variable end_;
    // Of both threads.
    std::shared_ptr<const Picture> picture_;
    Damage damage_;
    bool held_, looks_ = true, ended_ = false, stopping_ = false;
    // Of the thread, until it has ended.
    std::string end_reason_ = "left";
    bool held_now_ = true;
    std::thread thread_;
};

}  // namespace vnc
