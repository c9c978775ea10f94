#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <span>

#include "base/error.h"
#include "bus.h"
#include "commands.h"
#include "end_signal.h"
#include "video_file.h"
#include "viewing.h"
#include "y4m.h"

namespace hvfbctl {

namespace {

using Clock = std::chrono::steady_clock;

// In a video of that size: what is beside it is left out, and what is missing is black. Other modes than the
// first one are shown so.
hvfbd::Picture fitted(hvfbd::Picture picture, std::uint32_t width, std::uint32_t height) {
    if (picture.width == width && picture.height == height) return picture;
    hvfbd::Picture other{width, height, std::vector<std::uint32_t>(std::size_t{width} * height)};
    const std::uint32_t columns = std::min(width, picture.width);
    for (std::uint32_t y = 0; y < std::min(height, picture.height); ++y)
        std::copy_n(picture.pixels.begin() + std::ptrdiff_t{y} * picture.width, columns,
                    other.pixels.begin() + std::ptrdiff_t{y} * width);
    return other;
}

class Recording {
  public:
    Recording(const Where& where, const RecordOptions& options)
        : options_(options),
          end_(end_signal()),
          viewer_(open_viewer(where)),
          rate_(options.rate == 0 ? rate_of_display(where) : options.rate),
          tells_(isatty(STDERR_FILENO) != 0) {
        await_first_frame(viewer_);
        picture_ = current_picture(viewer_);
        began_ = Clock::now();
        if (options.seconds > 0)
            ends_ = began_ + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(options.seconds));
    }

    // Each picture when it is shown, and the last one at the end, so that it is seen until then.
    void to_video() {
        VideoFile video(options_.file, picture_.width, picture_.height, options_.lossless);
        const Clock::duration interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / rate_;
        for (bool more = true; more;) {
            video.write(picture_);
            ++frames_;
            const Clock::time_point next = Clock::now() + interval;
            more = wait_for_picture() && wait_until(next);
            take();
        }
        video.write(picture_);
        ++frames_;
        video.finish();
    }

    // So many a second, whether anything changed or not: a stream has no time stamps.
    void to_stream() {
        const std::string header = y4m_header(picture_.width, picture_.height, rate_);
        write_all(std::as_bytes(std::span(header)));
        std::vector<std::byte> frame = y4m_frame(picture_);
        for (bool more = true; more;) {
            const Clock::time_point now = Clock::now();
            more = !ended(now);
            // All of them, also where somebody reads slowly; the one that is due at the end is not shown any
            // more.
            const auto shown = (ends_ && now >= *ends_ ? *ends_ - std::chrono::nanoseconds(1) : now) - began_;
            const auto since = static_cast<std::uint64_t>(std::chrono::nanoseconds(shown).count());
            for (const std::uint64_t due = frames_due(since, rate_); frames_ < due && !signalled(); ++frames_)
                write_all(frame);
            if (!more) break;
            wait_until(began_ + std::chrono::nanoseconds(std::chrono::seconds(1)) * frames_ / rate_);
            hvfb_viewer_frame changed = {};
            if (wait(changed)) {
                take();
                frame = y4m_frame(picture_);
            }
        }
    }

    void tell_end() {
        if (!tells_) return;
        tell();
        std::cerr << '\n';
    }
    // The view has ended, of which this is the reason.
    const std::optional<std::string>& lost() const { return lost_; }

  private:
    static unsigned rate_of_display(const Where& where) {
        constexpr unsigned of_unlimited = 60;
        Daemon daemon(where);
        const auto limit = value_of<std::uint32_t>(daemon.state().properties, "RefreshLimit");
        return limit == 0 ? of_unlimited : limit;
    }

    // What was recorded is kept, whatever ends the view.
    template <class Action>
    bool unless_lost(Action action) {
        if (lost_) return false;
        try {
            return action();
        } catch (const std::exception& error) {
            lost_ = error.what();
            return false;
        }
    }
    bool wait(hvfb_viewer_frame& frame) {
        return unless_lost([&] { return hvfbctl::wait(viewer_, 0, frame); });
    }
    void take() {
        unless_lost([this] {
            picture_ = fitted(current_picture(viewer_), picture_.width, picture_.height);
            return true;
        });
    }

    bool signalled() const {
        pollfd end = {end_, POLLIN, 0};
        return poll(&end, 1, 0) != 0;
    }
    bool ended(Clock::time_point now = Clock::now()) const {
        return lost_ || signalled() || (ends_ && now >= *ends_);
    }

    // Until the display shows another picture. Whether the recording goes on.
    bool wait_for_picture() {
        for (hvfb_viewer_frame frame = {}; !ended();) {
            if (wait(frame)) return true;
            if (!lost_) pause(Clock::time_point::max(), true);
        }
        return false;
    }

    bool wait_until(Clock::time_point until) {
        while (!ended() && Clock::now() < until) pause(until, false);
        return !ended();
    }

    // Until something may be to do. Says how far it is once a second.
    void pause(Clock::time_point until, bool for_picture) {
        if (ends_) until = std::min(until, *ends_);
        if (tells_) until = std::min(until, printed_ + std::chrono::seconds(1));
        int milliseconds = -1;
        if (until != Clock::time_point::max()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
            milliseconds = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
        }
        pollfd events[] = {{end_, POLLIN, 0}, {for_picture ? hvfb_viewer_fd(viewer_.get()) : -1, POLLIN, 0}};
        poll(events, std::size(events), milliseconds);
        if (tells_ && Clock::now() >= printed_ + std::chrono::seconds(1)) tell();
    }

    void tell() {
        printed_ = Clock::now();
        const double seconds = std::chrono::duration<double>(printed_ - began_).count();
        char text[96];
        std::snprintf(text, sizeof text, "\r%.1f s, %llu frames", seconds,
                      static_cast<unsigned long long>(frames_));
        std::cerr << text;
        std::error_code error;
        const auto bytes = options_.file == "-" ? 0 : std::filesystem::file_size(options_.file, error);
        if (!error && bytes > 0) {
            std::snprintf(text, sizeof text, ", %.1f MB", static_cast<double>(bytes) / 1e6);
            std::cerr << text;
        }
        std::cerr << "\x1b[K" << std::flush;
    }

    static void write_all(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
            if (count >= 0)
                bytes = bytes.subspan(static_cast<std::size_t>(count));
            else if (errno != EINTR)
                hvfbd::throw_errno("write to standard output");
        }
    }

    const RecordOptions& options_;
    // Before somebody sees that it looks.
    int end_;
    Viewer viewer_;
    unsigned rate_;  // pictures a second, at most
    bool tells_;
    hvfbd::Picture picture_;
    Clock::time_point began_, printed_ = Clock::now();
    std::optional<Clock::time_point> ends_;
    std::optional<std::string> lost_;
    std::uint64_t frames_ = 0;
};

}  // namespace

void record_display(const Where& where, const RecordOptions& options) {
    const bool stream = options.file == "-";
    if (!stream) VideoFile::check_name(options.file, options.lossless);
    if (stream && options.lossless) throw UsageError("a stream is never lossless: name a .mkv file");
    if (stream && isatty(STDOUT_FILENO) != 0)
        throw UsageError("a terminal cannot show a video: name a file, or use a pipe");
    Recording recording(where, options);
    if (stream)
        recording.to_stream();
    else
        recording.to_video();
    recording.tell_end();
    if (recording.lost()) throw std::runtime_error(*recording.lost() + "; what was recorded before is kept");
}

}  // namespace hvfbctl
