#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/event_loop.h"
#include "clients/observer.h"

namespace hvfbd {

// What the surfaces and the viewers of a display have in common: their numbers, how many a user has, and that
// the observer is notified of each that is opened or closed. Owns them, in an order that is T's. T is Surface
// or Viewer.
template <typename T>
class PeerList {
  public:
    unsigned last_number() const { return last_number_; }
    void set_last_number(unsigned number) { last_number_ = number; }

    std::size_t size() const { return peers_.size(); }
    // Null if there is none of that number.
    const T* find(unsigned number) const {
        auto found = std::ranges::find(peers_, number, [](const auto& peer) { return peer->number(); });
        return found == peers_.end() ? nullptr : found->get();
    }
    std::vector<const T*> all() const {
        std::vector<const T*> peers;
        for (const auto& peer : peers_) peers.push_back(peer.get());
        return peers;
    }
    // Of this user; not those that go at the next reap().
    std::size_t count_of(uid_t user) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            peers_, [&](const auto& peer) { return peer->uid() == user && !peer->ended(); }));
    }
    // One is to be given up at the next reap().
    bool any_over() const {
        return std::ranges::any_of(peers_, [](const auto& peer) { return !peer->over().empty(); });
    }
    // Peers that broke the protocol, and packets of peers that sent too many; since the start.
    std::uint64_t violations() const { return violations_; }
    std::uint64_t throttled() const {
        std::uint64_t sum = throttled_by_gone_;
        for (const auto& peer : peers_) sum += peer->throttled();
        return sum;
    }

    // Gives up those whose client is gone or broke the protocol. Where the observer cannot be notified
    // they stay until the next time.
    void reap() {
        for (std::size_t i = 0; i < peers_.size();) {
            T& peer = *peers_[i];
            std::string_view why = peer.over();
            if (peer.violated()) {
                observer_.protocol_violated(who(peer.number()), why);
                ++violations_;
            }
            if (why.empty() || peer.client_gone(observer_, why))
                ++i;
            else
                erase(peers_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

  protected:
    using Peers = std::vector<std::unique_ptr<T>>;

    PeerList(EventLoop& loop, Observer& observer) : loop_(loop), observer_(observer) {}

    // Adds the one of the next number there and notifies the observer; takes it back where that throws.
    template <typename Notify>
    void open(std::unique_ptr<T> peer, typename Peers::iterator at, const Notify& notify) {
        unsigned number = peer->number();
        const T& added = **peers_.insert(at, std::move(peer));
        last_number_ = number;
        try {
            notify(added);
        } catch (...) {
            // Not opened after all: a kept surface would stay without a client.
            take_back(number);
            throw;
        }
    }
    void close(typename Peers::iterator at, std::string_view why) {
        (*at)->close(observer_, why);
        erase(at);
    }
    // Throws RequestError (failed) if there is none of that number.
    typename Peers::iterator position(unsigned number) {
        auto found = std::ranges::find(peers_, number, [](const auto& peer) { return peer->number(); });
        if (found == peers_.end())
            throw RequestError(RequestError::Kind::failed, "there is no " + who(number) + " any more");
        return found;
    }

    EventLoop& loop_;
    Observer& observer_;
    Peers peers_;

  private:
    void take_back(unsigned number) noexcept {
        auto at = std::ranges::find(peers_, number, [](const auto& peer) { return peer->number(); });
        try {
            (*at)->close(observer_, "it could not be put on the bus");
        } catch (...) {
            // It goes all the same, though not every observer hears of it.
        }
        erase(at);
    }
    static std::string who(unsigned number) { return T::kind + std::to_string(number); }
    void erase(typename Peers::iterator at) {
        throttled_by_gone_ += (*at)->throttled();
        peers_.erase(at);
    }

    unsigned last_number_ = 0;
    std::uint64_t violations_ = 0, throttled_by_gone_ = 0;
};

}  // namespace hvfbd
