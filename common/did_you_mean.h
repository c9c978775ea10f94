#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hvfbd {

// How many letters must be added, taken away, changed or swapped with their neighbour to make one word of the
// other. ASCII letters count as the same in both cases.
inline std::size_t misspellings(std::string_view one, std::string_view other) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto same = [&](std::size_t i, std::size_t j) { return lower(one[i]) == lower(other[j]); };
    std::vector<std::size_t> before_last, last(other.size() + 1), row(other.size() + 1);
    for (std::size_t j = 0; j <= other.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= one.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= other.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
            if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::exchange(last, row);
    }
    return last[other.size()];
}

// The one of `words` that `word` is most likely meant to be: misspelt in a third of its letters at most, or
// begun. Empty: none. `words`: anything that can be read as std::string_view.
template <typename Words>
std::string nearest(std::string_view word, const Words& words) {
    constexpr std::size_t longest = 64, shortest_beginning = 3;
    if (word.empty() || word.size() > longest) return {};
    std::string found;
    std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto& candidate : words) {
        const std::string_view known(candidate);
        // A word of one letter is every other word of one letter misspelt.
        const std::size_t count = misspellings(word, known);
        if (count < fewest && count < known.size()) {
            fewest = count;
            found = known;
        }
    }
    if (!found.empty() || word.size() < shortest_beginning) return found;
    for (const auto& candidate : words)
        if (std::string_view(candidate).starts_with(word)) return std::string(candidate);
    return {};
}

// The end of a message that says that there is no `word`; empty where none of `words` is near it.
template <typename Words>
std::string did_you_mean(std::string_view word, const Words& words) {
    const std::string found = nearest(word, words);
    return found.empty() ? "" : "; did you mean \"" + found + "\"?";
}

}  // namespace hvfbd
