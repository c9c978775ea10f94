#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "base/descriptor.h"
#include "base/event_loop.h"

namespace hvfbd {

// Messages to the service manager (sd_notify(3)): how the service stands, and what it shall store for the
// next process. sd_notify() waits for a manager that does not read; this does not. What cannot be sent now
// waits, in its order, until it can be. On the loop's thread.
class Notifier {
  public:
    // Without a manager: everything is dropped.
    Notifier() = default;
    // `address`: of $NOTIFY_SOCKET, a path, or @name in the abstract space. Throws std::system_error if it is
    // neither, or there is nobody.
    explicit Notifier(const std::string& address);

    bool there() const { return static_cast<bool>(socket_); }

    // Such as READY=1. The same text waits only once.
    void notify(const std::string& assignments);
    // What `systemctl status` shows: in place of what waits to be said of it.
    void set_status(const std::string& status);
    // The manager stores a descriptor of its own under this name; it says nothing if it has no room.
    // Borrowed; a duplicate waits in its place. False: there is none left for that.
    bool store(const std::string& name, int descriptor);
    void remove(const std::string& name);

    // Sends what waits, as far as that can be done now.
    void flush();
    bool waits() const { return !queue_.empty(); }
    // Some descriptor is not in the store yet.
    bool storing() const { return storing_ > 0; }
    // What waits, waits for room, and not for memory: the socket says when there is some.
    bool waits_for_room() const { return waits_for_room_; }
    int descriptor() const { return socket_.get(); }
    // For the end of the process, when there is no loop any more: waits until all is sent, within limits.
    void flush_at_the_end();
    // Called when something begins to wait.
    void on_wait(std::function<void()> callback) { on_wait_ = std::move(callback); }

    // Why something could not be sent for good, since this was last asked. Empty: nothing of the kind.
    std::string take_problem() { return std::exchange(problem_, {}); }

  private:
    struct Message {
        enum class Kind { notify, store, remove } kind;
        std::string text, name;
        Descriptor attached;
    };
    enum class Sent { done, later, failed };
    void connect();
    Sent send_now(const std::string& text, int attached);
    bool send(Message message, int attached);
    void pop();

    std::string address_;
    Descriptor socket_;
    std::deque<Message> queue_;
    std::size_t storing_ = 0;
    bool waits_for_room_ = false;
    std::function<void()> on_wait_;
    std::string problem_;
};

// Flushes a notifier whenever the manager has read.
class NotifierPump {
  public:
    // Borrowed: the notifier outlives this.
    NotifierPump(EventLoop& loop, Notifier& notifier);
    NotifierPump(const NotifierPump&) = delete;
    NotifierPump& operator=(const NotifierPump&) = delete;
    ~NotifierPump();

  private:
    void flush();
    void arm();

    EventLoop& loop_;
    Notifier& notifier_;
    LoopSource room_;
    EventLoop::Alarm retry_;
};

}  // namespace hvfbd
