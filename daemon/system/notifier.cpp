#include "system/notifier.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "base/error.h"
#include "base/passing.h"

namespace hvfbd {

namespace {

constexpr Duration retry_after = std::chrono::milliseconds(100);

}  // namespace

Notifier::Notifier(const std::string& address) : address_(address) {
    bool path = address.starts_with('/'), abstract = address.starts_with('@');
    // A path needs its end; a name in the abstract space has a length.
    if ((!path && !abstract) || address.size() < 2 ||
        address.size() > sizeof(sockaddr_un::sun_path) - (path ? 1 : 0))
        throw_errno("notify the service manager at NOTIFY_SOCKET=" + address + ", which is no Unix socket",
                    EINVAL);
    connect();
}

void Notifier::connect() {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address_.copy(to.sun_path, sizeof to.sun_path);
    if (address_.front() == '@') to.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() +
                                       (address_.front() == '@' ? 0 : 1));
    Descriptor fresh(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Connected, so that the socket says when there is room at the other end.
    if (!fresh || ::connect(fresh.get(), reinterpret_cast<const sockaddr*>(&to), size) < 0)
        throw_errno("notify the service manager at NOTIFY_SOCKET=" + address_);
    socket_ = std::move(fresh);
}

Notifier::Sent Notifier::send_now(const std::string& text, int attached) {
    Passing packet{.data = text.data(), .size = text.size(), .attached = attached};
    if (pass(socket_.get(), packet)) return Sent::done;
    // ETOOMANYREFS: too many descriptors under way to a manager that does not read.
    bool later =
        errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS;
    waits_for_room_ = errno == EAGAIN;
    return later ? Sent::later : Sent::failed;
}

void Notifier::notify(const std::string& assignments) {
    bool waiting = std::ranges::any_of(queue_, [&](const Message& message) {
        return message.kind == Message::Kind::notify && message.text == assignments;
    });
    if (!waiting) send({Message::Kind::notify, assignments, {}, {}}, -1);
}

void Notifier::set_status(const std::string& status) {
    constexpr std::string_view key = "STATUS=";
    std::erase_if(queue_, [&](const Message& message) {
        return message.kind == Message::Kind::notify && message.text.starts_with(key);
    });
    notify(std::string(key) + status);
}

bool Notifier::store(const std::string& name, int descriptor) {
    // FDPOLL=0: a channel that its client has closed, or the pidfd of one that died, is not to vanish from
    // the store. The next process hears of it all the same, and knows whose it was.
    return send({Message::Kind::store, "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, name, {}}, descriptor);
}

void Notifier::remove(const std::string& name) {
    // What was not sent yet need not be: so no more waits than is, or was, in the store.
    auto unsent = std::find_if(queue_.rbegin(), queue_.rend(), [&](const Message& message) {
        return message.kind == Message::Kind::store && message.name == name;
    });
    if (unsent != queue_.rend()) {
        queue_.erase(std::next(unsent).base());
        --storing_;
        return;
    }
    send({Message::Kind::remove, "FDSTOREREMOVE=1\nFDNAME=" + name, name, {}}, -1);
}

bool Notifier::send(Message message, int attached) {
    if (!there()) return true;
    bool waited = waits();
    if (!waited && send_now(message.text, attached) == Sent::done) return true;
    try {
        if (attached >= 0) {
            // Of its own: by the time it is sent it may be closed here.
            int own = ::fcntl(attached, F_DUPFD_CLOEXEC, 3);
            if (own < 0) throw_errno("store what the next process needs (" + message.name + ")");
            message.attached.reset(own);
        }
        queue_.push_back(std::move(message));
        if (attached >= 0) ++storing_;
    } catch (const std::system_error& error) {
        problem_ = error.what();
        return false;
    }
    if (!waited) flush();
    if (!waited && waits() && on_wait_) on_wait_();
    return true;
}

void Notifier::pop() {
    if (queue_.front().kind == Message::Kind::store) --storing_;
    queue_.pop_front();
}

void Notifier::flush() {
    for (bool again = false; waits();) {
        const Message& next = queue_.front();
        Sent sent = send_now(next.text, next.attached.get());
        if (sent == Sent::later) return;
        if (sent == Sent::failed) {
            int error = errno;
            try {
                // The manager may have made its socket anew.
                if (!std::exchange(again, true)) {
                    connect();
                    continue;
                }
                throw_errno("notify the service manager of " + next.text.substr(0, next.text.find('\n')),
                            error);
            } catch (const std::system_error& failure) {
                problem_ = failure.what();
            }
        }
        again = false;
        pop();
    }
}

void Notifier::flush_at_the_end() {
    constexpr int timeout = 1000;  // milliseconds
    for (int tries = 10; tries > 0 && waits(); --tries) {
        pollfd room{socket_.get(), POLLOUT, 0};
        if (waits_for_room_)
            ::poll(&room, 1, timeout / 10);
        else
            ::poll(nullptr, 0, timeout / 10);
        flush();
    }
}

NotifierPump::NotifierPump(EventLoop& loop, Notifier& notifier)
    : loop_(loop), notifier_(notifier), retry_(loop, [this] { flush(); }) {
    if (!notifier_.there()) return;
    notifier_.on_wait([this] { arm(); });
    if (notifier_.waits()) arm();
}

NotifierPump::~NotifierPump() {
    notifier_.on_wait({});
}

void NotifierPump::flush() {
    notifier_.flush();
    arm();
}

void NotifierPump::arm() {
    bool room = notifier_.waits() && notifier_.waits_for_room();
    // Made anew each time: the notifier may have another socket.
    room_.reset();
    if (room) room_ = loop_.watch(notifier_.descriptor(), EPOLLOUT, [this](std::uint32_t) { flush(); });
    retry_.set(notifier_.waits() && !room ? std::optional(loop_.now() + retry_after) : std::nullopt);
}

}  // namespace hvfbd
