#include "display/presenter.h"

#include <algorithm>
#include <array>

#include "common/probe.h"
#include "damage/reduce.h"

namespace hvfbd {

namespace {

// Adds the time until its end to a counter of nanoseconds.
class Stopwatch {
  public:
    explicit Stopwatch(std::uint64_t& counter) : counter_(counter), start_(clock_now()) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() { counter_ += static_cast<std::uint64_t>((clock_now() - start_).count()); }

  private:
    std::uint64_t& counter_;
    Time start_;
};

PictureView view(const Picture& picture) {
    const Layout& layout = picture.layout();
    return {picture.bytes().data(), layout.width, layout.height, layout.stride};
}

MutablePictureView view(std::span<std::byte> bytes, const Layout& layout) {
    return {bytes.data(), layout.width, layout.height, layout.stride};
}

}  // namespace

Presenter::Presenter(Output& output, Viewers& viewers, Statistics& statistics)
    : output_(output), viewers_(viewers), statistics_(statistics), front_(Picture::front(output.layout())) {}

std::span<std::byte> Presenter::scanout() const {
    // Between an output's change of mode and start_over() the two are not alike.
    if (output_.layout() != front_.layout()) return {};
    return output_.scanout();
}

const Found& Presenter::compare(const Picture* shadow, std::span<const Rectangle> where) {
    if (!where.empty()) output_.before_stores();
    MutablePictureView front = view(front_.bytes(), front_.layout()), scanout{};
    if (std::span<std::byte> bytes = this->scanout(); !bytes.empty()) scanout = view(bytes, output_.layout());
    {
        Stopwatch watch(statistics_.compare_ns);
        HVFB_PROBE1(hvfbd, compare_start, where.size());
        compare_and_copy(shadow ? view(*shadow) : PictureView{}, front, scanout, where, found_);
        HVFB_PROBE2(hvfbd, compare_done, found_.pixels, found_.spans.size());
    }
    for (const Rectangle& rectangle : where)
        statistics_.pixels_compared += static_cast<std::uint64_t>(rectangle.area());
    if (found_.spans.empty()) return found_;

    statistics_.pixels_changed += static_cast<std::uint64_t>(found_.pixels);
    statistics_.pixels_in_changed_tiles += static_cast<std::uint64_t>(found_.pixels_in_tiles);
    statistics_.bytes_copied += static_cast<std::uint64_t>(found_.pixels) * bytes_per_pixel;
    if (scanout.pixels)
        statistics_.bytes_copied += static_cast<std::uint64_t>(found_.pixels) * bytes_per_pixel;
    Stopwatch watch(statistics_.reduce_ns);
    pending_damage_ |= Region(condense(found_.spans, condensed_));
    pending_damage_.bound(most_spans);
    scanout_stale_ |= scanout.pixels == nullptr;
    return found_;
}

bool Presenter::compare_sampled(const Picture& shadow, std::span<const Rectangle> where) {
    Stopwatch watch(statistics_.compare_ns);
    return differs_somewhere(view(shadow), view(front_), where, sample_++);
}

FrameScheduler::Presented Presenter::present(Time now, std::size_t max_rectangles) {
    if (!has_pending_damage()) return FrameScheduler::Presented::nothing;
    output_.before_stores();
    if (everything_) {
        pending_damage_ = Region(front_.layout().rectangle());
        scanout_stale_ = true;
        everything_ = false;
    }
    catch_up();
    {
        Stopwatch watch(statistics_.reduce_ns);
        HVFB_PROBE(hvfbd, reduce_start);
        reduce(pending_damage_, std::min(max_rectangles, output_.most_rectangles()), rectangles_);
        HVFB_PROBE1(hvfbd, reduce_done, rectangles_.size());
    }
    Stopwatch watch(statistics_.present_ns);
    if (submit() == Output::Presented::refused) {
        ++statistics_.refused;
        return FrameScheduler::Presented::refused;
    }
    ++statistics_.frames;
    statistics_.rectangles += rectangles_.size();
    for (const Rectangle& rectangle : rectangles_)
        statistics_.pixels_told += static_cast<std::uint64_t>(rectangle.area());
    viewers_.changed(front_, pending_damage_, ++frame_, now);
    pending_damage_.clear();
    scanout_stale_ = false;
    return FrameScheduler::Presented::done;
}

Output::Presented Presenter::submit() {
    Stopwatch watch(statistics_.submit_ns);
    HVFB_PROBE1(hvfbd, submit_start, rectangles_.size());
    const Output::Presented presented = output_.present(rectangles_);
    HVFB_PROBE1(hvfbd, submit_done, static_cast<int>(presented));
    return presented;
}

// Scanout is to hold all of front with the next present.
void Presenter::catch_up() {
    std::span<std::byte> scanout = this->scanout();
    if (scanout.empty()) return;
    auto copy = [&](std::span<const Rectangle> rectangles) {
        if (rectangles.empty()) return;
        Stopwatch watch(statistics_.copy_ns);
        copy_spans(view(front_), view(scanout, output_.layout()), rectangles);
        for (const Rectangle& rectangle : rectangles)
            statistics_.bytes_copied += static_cast<std::uint64_t>(rectangle.area()) * bytes_per_pixel;
    };
    copy(output_.stale());
    if (scanout_stale_) copy(pending_damage_.rectangles());
    scanout_stale_ = false;
}

void Presenter::flush_on_crash() noexcept {
    std::span<std::byte> scanout = this->scanout();
    if (scanout.empty()) return;
    std::array whole{front_.layout().rectangle()};
    copy_spans(view(front_), view(scanout, output_.layout()), whole);
}

void Presenter::prepare(const Layout& layout) {
    if (layout == front_.layout() || (prepared_ && prepared_->layout() == layout)) return;
    prepared_.reset();
    prepared_ = Picture::front(layout);
}

void Presenter::start_over() {
    prepare(output_.layout());
    front_ = std::move(*prepared_);
    prepared_.reset();
    pending_damage_.clear();
    scanout_stale_ = false;
    everything_ = true;
    viewers_.expect_front();
}

}  // namespace hvfbd
