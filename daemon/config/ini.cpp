#include "config/ini.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace hvfbd {

namespace {

constexpr std::string_view white = " \t\v\f";

std::string_view trimmed(std::string_view text) {
    std::size_t begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

// UTF-8 in which every character is seen: what can be shown, and go over the bus.
bool is_text(std::string_view text) {
    return escaped(text, white) == text;
}

// What would be something else in other files of this kind, and is not meant as it stands: `value` as it
// stands behind the equals sign. Empty: nothing.
std::string_view misleading(std::string_view value) {
    auto begins_comment = [](char before, char character) {
        return white.find(before) != std::string_view::npos && (character == ';' || character == '#');
    };
    if (std::ranges::adjacent_find(value, begins_comment) != value.end())
        return "a comment needs a line of its own";
    value = trimmed(value);
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
            const std::string_view name = trimmed(content.substr(1, content.size() - 2));
            if (is_text(content) && content.find(']') == content.size() - 1 && !name.empty()) {
                section = name;
            } else {
                section.reset();
                refuse(line, "this begins no section, such as [Display]; the keys below it are left out");
            }
            continue;
        }
        const std::size_t equals = content.find('=');
        const std::string_view key = trimmed(content.substr(0, equals));
        if (!is_text(content)) {
            refuse(line, "this line is not UTF-8, or has characters that are not seen");
        } else if (equals == std::string_view::npos || key.empty()) {
            refuse(line, "this is neither a section, a key with a value, nor a comment");
        } else if (section) {
            const std::string_view value = content.substr(equals + 1);
            const std::string_view why = misleading(value);
            if (section->empty())
                refuse(line, std::string(key) + " stands before the first section");
            else if (!why.empty())
                refuse(line, std::string(key) + ": " + std::string(why));
            else
                entry({line, *section, key, trimmed(value)});
        }
    }
}

}  // namespace hvfbd
