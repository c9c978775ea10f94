#include "vnc/client.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "vnc/rfb_session.h"
#include "vnc/wait.h"
#include "vnc/window_name.h"

namespace vnc {

namespace {

constexpr auto longest_handshake = std::chrono::seconds(10);
constexpr auto time_between_signals = std::chrono::milliseconds(10);

hvfbd::Descriptor second_descriptor(const hvfbd::Descriptor& socket) {
    hvfbd::Descriptor made(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
    if (!made) throw std::system_error(errno, std::system_category(), "keep a connection");
    return made;
}

}  // namespace

Client::Client(hvfbd::Descriptor socket, std::shared_ptr<const Picture> picture, bool held, std::string name,
               const Bell& bell, ModeChange change_mode, std::unique_ptr<Typist> typist, bool exact)
    : socket_(second_descriptor(socket)),
      bell_(bell),
      typist_(std::move(typist)),
      picture_(std::move(picture)),
      held_(held) {
    thread_ = std::thread([this, own = std::make_shared<hvfbd::Descriptor>(std::move(socket)),
                           name = std::move(name), change_mode = std::move(change_mode),
                           exact] { run(std::move(*own), name, change_mode, exact); });
}

Client::~Client() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    news_.ring();
    // Whatever it waits for in libvncserver fails now; but that waits five seconds for room in a socket, and
    // one of this machine that was shut down has none. A signal ends that, if it comes while it waits.
    ::shutdown(socket_.get(), SHUT_RDWR);
    {
        std::unique_lock lock(mutex_);
        while (!end_.wait_for(lock, time_between_signals, [this] { return ended_; }))
            ::pthread_kill(thread_.native_handle(), interrupting_signal);
    }
    thread_.join();
}

void Client::show(const std::shared_ptr<const Picture>& picture, std::span<const hvfb_rect> rects) {
    {
        const std::lock_guard lock(mutex_);
        // What changed of another picture says nothing of this one.
        if (picture != picture_) damage_ = {};
        picture_ = picture;
        damage_.add(rects);
    }
    news_.ring();
}

void Client::set_held(bool held) {
    {
        const std::lock_guard lock(mutex_);
        if (held_ == held) return;
        held_ = held;
    }
    news_.ring();
}

bool Client::looks() const {
    const std::lock_guard lock(mutex_);
    return looks_;
}

bool Client::has_ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

void Client::run(hvfbd::Descriptor socket, const std::string& name, ModeChange change_mode, bool exact) {
    try {
        std::shared_ptr<const Picture> picture;
        {
            const std::lock_guard lock(mutex_);
            picture = picture_;
        }
        if (typist_) typist_->link().open();
        RfbSession session(std::move(socket), std::move(picture), name_of_window(name),
                           std::move(change_mode), typist_.get(), exact);
        converse(session, name);
    } catch (const std::exception& error) {
        end_reason_ = error.what();
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        looks_ = false;
    }
    // There is a second descriptor: the connection would not end before that is closed.
    ::shutdown(socket_.get(), SHUT_RDWR);
    end_.notify_one();
    bell_.ring();
}

void Client::tell_looks(bool looks) {
    {
        const std::lock_guard lock(mutex_);
        if (looks_ == looks) return;
        looks_ = looks;
    }
    bell_.ring();
}

void Client::take_news(RfbSession& session) {
    std::shared_ptr<const Picture> picture;
    std::vector<hvfb_rect> rects;
    {
        const std::lock_guard lock(mutex_);
        picture = picture_;
        rects = damage_.take();
        held_now_ = held_;
    }
    session.show(std::move(picture), rects);
}

std::string Client::name_of_window(const std::string& name) const {
    return typist_ && !typist_->link().in_vain() ? name : view_only(name);
}

void Client::converse(RfbSession& session, const std::string& name) {
    Time now = std::chrono::steady_clock::now();
    const Time handshake_ends = now + longest_handshake;
    LookState state(now);
    while (session.is_open()) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
        }
        take_news(session);
        session.rename(name_of_window(name));
        if (!session.is_ready() && now >= handshake_ends) {
            end_reason_ = "did not finish the handshake in 10 seconds";
            return;
        }
        if (!held_now_ && state.may_answer(now) && session.answer()) state.answered(now);
        state.set_asked(session.has_asked(), now);
        tell_looks(state.looks(now));
        std::optional<Time> wake_at = state.wake_at(now);
        if (!session.is_ready()) wake_at = std::min(wake_at.value_or(handshake_ends), handshake_ends);
        std::array<pollfd, 3> watched = {pollfd{session.fd(), POLLIN, 0}, pollfd{news_.fd(), POLLIN, 0},
                                         pollfd{typist_ ? typist_->link().fd() : -1, POLLIN, 0}};
        if (!session.is_open()) return;
        wait_for(watched, wake_at, now);
        if (watched[1].revents != 0) news_.silence();
        if (watched[2].revents != 0) typist_->link().read();
        if (watched[0].revents != 0) session.read_message();
        now = std::chrono::steady_clock::now();
        state.set_asked(session.has_asked(), now);
    }
}

}  // namespace vnc
