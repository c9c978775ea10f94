#pragma once

#include <string>
#include <string_view>

namespace hvfbd {

// A word as a shell takes it: in quotes where it needs them.
inline std::string shell_word(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
    std::string text = "'";
    for (const char letter : word)
        if (letter == '\'')
            text += "'\\''";
        else
            text += letter;
    return text + "'";
}

}  // namespace hvfbd
