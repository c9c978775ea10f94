#include "bus/opening_limit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

Duration refill(std::uint64_t bytes) {
    // In microseconds, so that nothing overflows.
    return std::chrono::microseconds(bytes * 1'000'000 / OpeningLimit::bytes_per_second);
}

}  // namespace

Time OpeningLimit::earliest(const User& user, const Buffer& buffer) {
    // The bucket is as large as the largest display needs it, for what is small would have to wait behind
    // that otherwise. What is larger than the bucket begins when that is full.
    const std::uint64_t size = std::max(burst, burst_openings * std::max(user.largest, buffer.usual));
    return user.paid - refill(size - std::min(size, buffer.bytes));
}

void OpeningLimit::pay(User& user, const Buffer& buffer, Time now) {
    user.paid = std::max(user.paid, now) + refill(buffer.bytes);
    user.largest = std::max(user.largest, buffer.usual);
}

void OpeningLimit::open(uid_t user, Buffer buffer, Time now, Begin begin) {
    buffer.bytes = std::max(buffer.bytes, least);
    // A full bucket is that of a user who is not known.
    std::erase_if(users_,
                  [&](const auto& known) { return known.second.line.empty() && known.second.paid <= now; });
    User& asker = users_.try_emplace(user, User{now, 0, {}}).first->second;
    if (asker.line.empty() && earliest(asker, buffer) <= now) {
        pay(asker, buffer, now);
        begin();
        return;
    }
    if (asker.line.size() >= most_of_one || waiting_ >= most)
        throw RequestError(
            RequestError::Kind::busy,
            "this user opens surfaces and viewers faster than they can be made; wait a second");
    asker.line.push_back({buffer, std::move(begin)});
    ++waiting_;
}

void OpeningLimit::run(Time now) {
    // One at a time, each user's first: what begins may open more.
    for (bool begun = true; begun;) {
        begun = false;
        for (auto& [number, user] : users_) {
            if (user.line.empty() || earliest(user, user.line.front().buffer) > now) continue;
            Waiting first = std::move(user.line.front());
            user.line.pop_front();
            --waiting_;
            pay(user, first.buffer, now);
            first.begin();
            begun = true;
            break;
        }
    }
}

std::optional<Time> OpeningLimit::next() const {
    std::optional<Time> next;
    for (const auto& [number, user] : users_) {
        if (user.line.empty()) continue;
        Time at = earliest(user, user.line.front().buffer);
        if (!next || at < *next) next = at;
    }
    return next;
}

}  // namespace hvfbd
