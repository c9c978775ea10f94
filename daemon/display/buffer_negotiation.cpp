#include "display/buffer_negotiation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

std::string size_of(std::uint32_t width, std::uint32_t height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

[[noreturn]] void refuse(Mode mode, const std::exception& why) {
    throw RequestError(RequestError::Kind::failed,
                       size_of(mode.width, mode.height) + " could not be set: " + why.what());
}

}  // namespace

bool BufferNegotiation::follow_output() {
    const Layout layout = output_.layout();
    if (settled() || too_large_ == layout) return false;
    try {
        presenter_.start_over();
    } catch (const std::system_error& error) {
        too_large_ = layout;
        problem_ = "nothing is shown in " + size_of(layout.width, layout.height) + ": " + error.what() +
                   "; free memory, or set a smaller mode";
        observer_.output_said(true, problem_);
        return false;
    }
    too_large_.reset();
    offer();
    return true;
}

void BufferNegotiation::set_mode(Mode mode) {
    const Layout& front = presenter_.front().layout();
    const Mode before{front.width, front.height};
    // Before the output is asked, which might not find its way back; but not for what it will refuse. It may
    // choose another stride.
    const auto modes = output_.modes();
    try {
        if (modes.empty() || std::ranges::find(modes, mode) != modes.end())
            presenter_.prepare(layout_for(mode));
        output_.set_mode(mode);
    } catch (const std::system_error& error) {
        presenter_.forget_prepared();
        refuse(mode, error);
    } catch (...) {
        presenter_.forget_prepared();
        throw;
    }
    try {
        if (settled())
            presenter_.forget_prepared();
        else
            presenter_.prepare(output_.layout());
    } catch (const std::exception& error) {
        output_.set_mode(before);
        refuse(mode, error);
    }
    mode_set_ = mode;
}

void BufferNegotiation::offer() {
    for (auto& surface : surfaces_.stack()) {
        try {
            surface->configure(presenter_.front().layout());
        } catch (const std::exception& error) {
            offer_failed_ = true;
            observer_.output_said(true, "surface" + std::to_string(surface->number()) +
                                            " stays as large as it is: " + error.what());
        }
    }
}

void BufferNegotiation::offer_again() {
    if (std::exchange(offers_due_, false)) offer();
}

void BufferNegotiation::try_again() {
    too_large_.reset();
    offers_due_ = std::exchange(offer_failed_, false) || offers_due_;
}

void BufferNegotiation::send_offers() {
    auto unsent = [](const auto& surface) { return surface->has_unsent_offer(); };
    if (std::ranges::none_of(surfaces_.stack(), unsent)) return;
    if (!observer_.persist_before_acknowledge()) return;
    for (auto& surface : surfaces_.stack()) surface->send_offer();
}

}  // namespace hvfbd
