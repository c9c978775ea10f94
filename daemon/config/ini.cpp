#include "config/ini.h"

#include <algorithm>
#include <optional>

namespace hvfbd {

namespace {

constexpr std::string_view white = " \t\v\f";

std::string_view trimmed(std::string_view text) {
    std::size_t begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

// UTF-8 without control characters: what can be shown, and go over the bus.
bool is_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
        unsigned first = byte(at);
        if (first < 0x80) {
            if ((first < 0x20 && white.find(text[at]) == std::string_view::npos) || first == 0x7f)
                return false;
            ++at;
            continue;
        }
        std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        if (first < 0xc2 || first > 0xf4) return false;
        for (std::size_t i = 1; i < length; ++i)
            if ((byte(at + i) & 0xc0) != 0x80) return false;
        unsigned second = byte(at + 1);
        // Longer than it need be, a surrogate, or beyond the last character.
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return false;
        at += length;
    }
    return true;
}

// What would be something else in other files of this kind, and is not meant as it stands. Empty: nothing.
std::string_view misleading(std::string_view value) {
    for (std::size_t at = 1; at < value.size(); ++at)
        if ((value[at] == ';' || value[at] == '#') && white.find(value[at - 1]) != std::string_view::npos)
            return "a comment needs a line of its own";
    if (value.ends_with('\\')) return "a line cannot be continued on the next one";
    if (value.starts_with('"') || value.starts_with('\'')) return "a value stands without quotes";
    return {};
}

}  // namespace

void read_ini(std::string_view text, const std::function<void(const IniEntry&)>& entry,
              const std::function<void(int line, const std::string& sentence)>& refuse) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    // None: the line that should have begun one was refused, and its keys are nobody's.
    std::optional<std::string_view> section = "";
    for (int line = 1; !text.empty(); ++line) {
        std::size_t end = text.find('\n');
        std::string_view content = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (content.ends_with('\r')) content.remove_suffix(1);
        content = trimmed(content);
        if (content.empty() || content.front() == ';' || content.front() == '#') continue;
        if (content.front() == '[') {
            section.reset();
            if (!is_text(content) || content.size() < 3 || content.back() != ']' ||
                content.find(']') != content.size() - 1)
                refuse(line, "this begins no section, such as [Display]; the keys below it are left out");
            else
                section = trimmed(content.substr(1, content.size() - 2));
            continue;
        }
        std::size_t equals = content.find('=');
        if (!is_text(content)) {
            refuse(line, "this line is no text in UTF-8");
        } else if (equals == std::string_view::npos || trimmed(content.substr(0, equals)).empty()) {
            refuse(line, "this is neither a section, a key with a value, nor a comment");
        } else if (section) {
            IniEntry found{line, *section, trimmed(content.substr(0, equals)),
                           trimmed(content.substr(equals + 1))};
            std::string_view why = misleading(found.value);
            if (section->empty())
                refuse(line, std::string(found.key) + " stands before the first section");
            else if (!why.empty())
                refuse(line, std::string(found.key) + ": " + std::string(why));
            else
                entry(found);
        }
    }
}

}  // namespace hvfbd
