#pragma once

#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <hvfb/protocol.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <vector>

#include "connection.h"
#include "descriptor.h"
#include "surface.h"

namespace hvfb {

// The daemon's end of one surface or viewer: a buffer and a channel. It does only what the test tells it to.
class ScriptedDaemon {
  public:
    struct Packet {
        std::vector<std::byte> bytes;

        std::uint32_t type() const { return as<hvfb_header>().type; }
        template <typename Body>
        Body as() const {
            Body body = {};
            std::memcpy(&body, bytes.data(), std::min(sizeof body, bytes.size()));
            return body;
        }
        // What follows the body.
        template <typename Body, typename Element>
        std::vector<Element> rest() const {
            std::vector<Element> elements((bytes.size() - sizeof(Body)) / sizeof(Element));
            if (!elements.empty())
                std::memcpy(elements.data(), bytes.data() + sizeof(Body), elements.size() * sizeof(Element));
            return elements;
        }
    };
    struct Written {
        hvfb_written body;
        std::vector<hvfb_page_range> pages;

        bool everything() const { return body.flags & HVFB_WRITTEN_EVERYTHING; }
        bool unprotected() const { return body.flags & HVFB_WRITTEN_UNPROTECTED; }
        std::uint32_t state() const { return body.flags >> HVFB_WRITTEN_STATE_SHIFT & 15; }
        bool holds(std::uint32_t page) const;
    };

    // The next connect reaches this daemon.
    explicit ScriptedDaemon(std::uint32_t width = 640, std::uint32_t height = 400);
    ~ScriptedDaemon();
    ScriptedDaemon(const ScriptedDaemon&) = delete;
    ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;
    static int connect(const OpenOptions& options, int interrupt, Opened& opened);

    static Layout layout_of(std::uint32_t width, std::uint32_t height);
    static Descriptor make_buffer(const Layout& layout);

    // Opens a surface on it, and takes its HELLO.
    hvfb_surface* open(unsigned flags = 0);
    std::uint32_t hello_flags = 0;
    // What STATE says besides.
    std::uint64_t interval = 0, settle = 0;
    // What the next connect gets.
    Layout layout;
    bool keeps_layout = false;  // the one that is asked for instead
    std::atomic<int> refuse_with{0};
    const char* refuse_why = "";  // its sentence
    bool hangs_up = false;        // before anything is said

    template <typename Body>
    void send(std::uint32_t type, Body body, const void* rest = nullptr, std::size_t rest_size = 0,
              int fd = -1) {
        body.header = {type, static_cast<std::uint32_t>(sizeof body + rest_size)};
        std::vector<std::byte> bytes(sizeof body + rest_size);
        std::memcpy(bytes.data(), &body, sizeof body);
        if (rest_size > 0) std::memcpy(bytes.data() + sizeof body, rest, rest_size);
        send_bytes(bytes, fd);
    }
    void send_bytes(const std::vector<std::byte>& bytes, int fd = -1);
    void send_state(std::uint32_t tracking, std::uint64_t idle_timeout = 250'000'000,
                    std::uint32_t flags = HVFB_STATE_VISIBLE | HVFB_STATE_ACTIVE);
    void send_compared(std::uint64_t serial, const std::vector<hvfb_page_range>& pages);
    void send_configure(std::uint64_t serial, const Layout& layout, int fd);

    // The next packet, if one comes in time.
    std::optional<Packet> receive(int milliseconds = 5000);
    // The next packet of this type, whatever comes before it.
    std::optional<Packet> next(std::uint32_t type, int milliseconds = 5000);
    // Sends COLLECT and waits for its answer.
    Written collect();
    // The next WRITTEN that answers no COLLECT, if one comes in time.
    std::optional<Written> unasked(int milliseconds = 5000);
    // Wants tracking, and collects what is owed at first.
    void begin(std::uint32_t tracking = HVFB_TRACKING_AUTO, std::uint64_t idle_timeout = 250'000'000);

    int channel() const { return channel_.get(); }
    void hang_up() { channel_.reset(); }
    int buffer() const { return buffer_.get(); }
    const std::byte* shadow() const { return shadow_; }
    std::size_t pages() const { return shadow_size_ / 4096; }

  private:
    void unmap();

    static ScriptedDaemon* current_;
    Descriptor channel_, buffer_;
    const std::byte* shadow_ = nullptr;
    std::size_t shadow_size_ = 0;
    std::uint64_t serial_ = 0;
};

}  // namespace hvfb
