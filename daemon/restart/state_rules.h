#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "restart/state.h"

// What every saved state must fulfil, whichever encoding it was read from. Pure.
namespace hvfbd {

// As it was given out, with the size that follows; none where no buffer can have it.
std::optional<Layout> saved_layout(std::uint32_t width, std::uint32_t height, std::uint32_t stride);

// In the place of a display of which nothing can be restored.
SavedDisplay new_display();

// Empty: the state can be restored. Otherwise what in it cannot be.
std::string why_unsound(const State& state);

}  // namespace hvfbd
