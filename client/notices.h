#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "bell.h"
#include "messages.h"
#include "sentence.h"

namespace hvfb {

// What the library's thread tells the program's. Thread-safe without locks; `tell...` by one thread at a
// time.
class Notices {
  public:
    // Rings this bell, which outlives it.
    explicit Notices(const Bell& bell) : bell_(bell) {}

    // ---- the library's thread
    void tell(std::uint32_t events);  // HVFB_EVENT_...
    // What was told and not yet taken does not hold any more. By any thread.
    void withdraw(std::uint32_t events) { events_.fetch_and(~events, std::memory_order_relaxed); }
    void tell_shown(bool shown);
    void tell_presented(const message::Presented& presented);
    // Nothing more comes: HVFB_EVENT_LOST or HVFB_EVENT_REVOKED, and why.
    void tell_over(std::uint32_t event, int error);
    // Why it is still over. By any thread.
    void note(int error) { error_.store(error); }
    void note(int error, const Sentence& why) {
        why_.write(error, why);
        error_.store(error);
    }
    // On a new connection nothing was told of being shown yet.
    void expect_shown();

    // ---- the program's
    int get() const { return bell_.get(Bell::End::program); }  // readable when take has something
    std::uint32_t take();
    // Waits until the daemon has told it on this connection, for a second from its begin at most.
    bool wait_shown() const;
    // The daemon's sentence about this error. False: there is none.
    bool why(int error, Sentence& sentence) const { return why_.read(error, sentence); }
    // As hvfb_surface_error.
    int error() const { return over() ? error_.load() : 0; }
    bool over() const { return over_.load(std::memory_order_acquire); }
    // The newest frame that was answered; 0: none.
    std::uint64_t answered() const { return frame_.load(); }
    // The newest answer, if it is for this frame or a later one. Waits for it until the deadline, or until it
    // is over.
    std::optional<message::Presented> wait_presented(std::uint64_t frame, Nanoseconds deadline) const;
    // The connection is there again.
    void begin_again();
    // The same by the library's thread: what the program was told it may still take.
    void go_on() { over_.store(false, std::memory_order_release); }

  private:
    // Sleeps until the library's thread has told something since `sequence`, or until the deadline. False: it
    // is not to be slept on.
    bool sleep(std::uint32_t sequence, Nanoseconds deadline, int& errors) const;
    message::Presented newest(std::uint32_t& sequence) const;
    void wake() const;

    const Bell& bell_;
    std::atomic<std::uint32_t> events_{0};
    std::atomic<bool> shown_{false}, over_{false};
    std::atomic<int> error_{0};
    SharedSentence why_;
    std::atomic<bool> shown_told_{false};
    std::atomic<Nanoseconds> shown_until_{0};  // how long who asks may wait for it

    // Odd while the three are being written; also what waiting threads sleep on.
    mutable std::atomic<std::uint32_t> sequence_{0};
    std::atomic<std::uint64_t> frame_{0}, time_{0};
    std::atomic<bool> frame_shown_{false};
};

}  // namespace hvfb
