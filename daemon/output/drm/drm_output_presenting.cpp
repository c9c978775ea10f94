// How a display of a card presents damage.
#include <algorithm>
#include <array>

#include "output/drm/drm_output.h"

namespace hvfbd::drm {

std::span<std::byte> DrmOutput::scanout() {
    if (!visible() || buffers_.empty() || flipping_.running()) return {};
    return buffers_[submission_ == Submission::flip ? 1 - shown_ : shown_]->bytes();
}

void DrmOutput::find_submission() {
    std::array whole{layout_.rectangle()};
    Answer answer = card_->dirty(buffers_.front()->framebuffer(), whole);
    if (answer == Answer::done || answer == Answer::busy) {
        submission_ = Submission::dirty;
        return;
    }
    if (answer != Answer::not_supported) throw_answer(answer, "submit damage to " + card_->name());
    submission_ = Submission::direct;
    if (heads_.size() != 1) return;
    try {
        auto second = card_->make_buffer({layout_.width, layout_.height});
        if (second->layout() != layout_) return;
        buffers_.push_back(std::move(second));
        submission_ = Submission::flip;
    } catch (const std::system_error&) {
        // Memory for one buffer only: shown half written rather than not at all.
    }
}

DrmOutput::Presented DrmOutput::present(std::span<const Rectangle> rectangles) {
    // Hidden: nothing is submitted, and all of it is presented when it is shown.
    if (!visible() || buffers_.empty()) return Presented::done;
    Time now = loop_.now();
    if (flipping_.running()) {
        if (!flipping_.reached(now)) return Presented::refused;
        flipping_.stop();
        return Presented::refused;  // what was compared meanwhile is not in the other buffer yet
    }
    clipped_.clear();
    for (const Rectangle& rectangle : rectangles) {
        Rectangle inside = intersection(rectangle, layout_.rectangle());
        if (!inside.empty()) clipped_.push_back(inside);
    }
    if (clipped_.empty() || submission_ == Submission::direct) return Presented::done;
    try {
        if (submission_ == Submission::dirty)
            return answered(card_->dirty(buffers_.front()->framebuffer(), clipped_));
        Answer answer = card_->flip(heads_.front().crtc, buffers_[1 - shown_]->framebuffer());
        if (answer == Answer::not_supported) {
            // What is shown stays the only buffer, and lacks this frame. Setting the other one would ask for
            // the same memory that a flip had not.
            std::swap(buffers_.front(), buffers_[shown_]);
            buffers_.resize(1);
            shown_ = 0;
            stale_.clear();
            repaint_ = true;
            submission_ = Submission::direct;
            owner_.request_dispatch();
            return Presented::done;
        }
        Presented presented = answered(answer);
        if (answer == Answer::done) {
            // What is shown from now on is written next, and lacks just this frame.
            flipping_.start(now);
            shown_ = 1 - shown_;
            stale_.assign(clipped_.begin(), clipped_.end());
        }
        return presented;
    } catch (const std::system_error& error) {
        if (auto trouble = card_trouble(error))
            owner_.lost(*trouble, error.what());
        else
            owner_.failed(*this, error.what());
        return Presented::done;
    }
}

DrmOutput::Presented DrmOutput::answered(Answer answer) {
    switch (answer) {
        case Answer::done:
            return Presented::done;
        case Answer::busy:
            return Presented::refused;
        case Answer::not_supported:
            submission_ = Submission::direct;
            return Presented::done;
        case Answer::not_master:
            owner_.lost(Presence::State::not_master, "somebody else has taken " + card_->name());
            break;
        case Answer::gone:
            owner_.lost(Presence::State::gone, card_->name() + " is gone");
            break;
    }
    return Presented::done;
}

void DrmOutput::flipped(Id crtc) {
    if (!heads_.empty() && heads_.front().crtc == crtc) flipping_.stop();
}

}  // namespace hvfbd::drm
