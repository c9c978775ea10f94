#include "refusal.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/shell_word.h"
#include "user_name.h"

namespace hvfbctl {

namespace {

// The command among options and their values.
std::string_view command_in(std::span<char* const> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--bus" || word == "--display")
            ++i;
        else if (!word.starts_with('-'))
            return word;
    }
    return {};
}

}  // namespace

std::string refused_by_bus(std::span<char* const> words) {
    constexpr std::array<std::string_view, 4> of_root = {"set", "mode", "refresh", "reload"};
    if (std::ranges::count(of_root, command_in(words)) == 0)
        return "only root and members of the groups video, hvfbd-view and hvfbd-input may use hvfbd. To "
               "draw: "
               "sudo usermod -aG video " +
               own_name() + ". To look at the screen: sudo usermod -aG hvfbd-view " + own_name() +
               ". Then log in again";
    std::string sentence = "only root may do that: sudo hvfbctl";
    for (const char* word : words) sentence += " " + hvfbd::shell_word(word);
    return sentence;
}

}  // namespace hvfbctl
