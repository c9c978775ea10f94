#include "setting_texts.h"

#include <algorithm>
#include <vector>

#include "common/settings_table.h"

namespace texts {

namespace {

using hvfbd::Setting;

// "pause", "trace, debug or info"
std::string list(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t at = 0; at < words.size(); ++at)
        text += (at == 0 ? "" : at + 1 == words.size() ? " or " : ", ") + words[at];
    return text;
}

std::string bold(const std::string& word) {
    return "*" + word + "*";
}

// What each word does, where that is said; else all of them, as `mark` shows them.
template <typename Mark>
std::string meanings(const Setting& setting, bool with_default, Mark mark) {
    std::string said;
    std::vector<std::string> all;
    const std::string usual = to_text(setting, setting.usual);
    bool each = true;
    for (const auto& [word, help] : setting.words) {
        const std::string shown =
            mark(std::string(word)) + (with_default && word == usual ? " (the default)" : "");
        all.push_back(shown);
        each = each && !help.empty();
        said += " " + shown + ": " + std::string(help) + ".";
    }
    return each ? said : " " + list(all) + ".";
}

// A line of at most 120 characters after another, each with `begin` before it.
std::string wrapped(const std::string& text, const std::string& begin) {
    constexpr std::size_t longest = 120;
    std::string lines, line = begin;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        if (line.size() > begin.size() && line.size() + 1 + word.size() > longest) {
            lines += line + "\n";
            line = begin;
        }
        line += (line.size() > begin.size() ? " " : "") + word;
        at = end + 1;
    }
    return lines + line + "\n";
}

std::string key_in_configuration(const Setting& setting, const std::string& key) {
    const auto plain = [](const std::string& word) { return word; };
    std::string text(setting.help);
    text += setting.words.empty() ? " " + range_of(setting) + "." : meanings(setting, false, plain);
    return wrapped(text, "# ") + "#" + key + "=" + shown(setting, setting.usual) + "\n";
}

std::string key_in_manual(const Setting& setting, const std::string& key) {
    std::string text(setting.help);
    if (setting.words.empty())
        text += " " + range_of(setting) + "; default " + shown(setting, setting.usual) + ".";
    else
        text += meanings(setting, true, bold);
    return "*" + key + "=*\n" + wrapped(text, "\t") + "\n";
}

std::string list_in_bold(const Setting& setting) {
    std::vector<std::string> words;
    for (const std::string& word : words_of(setting)) words.push_back(bold(word));
    return list(words) + ".";
}

}  // namespace

void add_setting_texts(Texts& texts) {
    std::string properties;
    for (const Setting& setting : hvfbd::display_settings) {
        const std::string name(setting.name);
        const std::string key(setting.key);
        texts["DISPLAY_KEYS"] += key_in_configuration(setting, key);
        texts["DISPLAY_KEYS_IN_SCDOC"] += key_in_manual(setting, key);
        properties += (properties.empty() ? "" : ", ") + bold(name) + " " + static_cast<char>(setting.type);
    }
    texts["DISPLAY_PROPERTIES_IN_SCDOC"] = properties + "\n";
    const Setting& level = hvfbd::log_level_setting;
    texts["LOG_LEVEL_IN_SCDOC"] = bold(std::string(level.name)) + " " + static_cast<char>(level.type) +
                                  ", written by root\n" + wrapped(list_in_bold(level), "\t");
    texts["LOG_KEYS"] = key_in_configuration(hvfbd::log_level_setting, "Level");
    texts["LOG_KEYS_IN_SCDOC"] = key_in_manual(hvfbd::log_level_setting, "Level");
}

std::string table_of_settings() {
    std::string text;
    const auto add = [&text](const Setting& setting) {
        std::string words;
        for (const std::string& word : words_of(setting)) words += (words.empty() ? "" : " ") + word;
        text += std::string(setting.name) + "\t" + static_cast<char>(setting.type) + "\t" +
                std::to_string(setting.least) + "\t" + std::to_string(setting.most) + "\t" +
                to_text(setting, setting.usual) + "\t" + words + "\t" + std::string(setting.key) + "\n";
    };
    for (const Setting& setting : hvfbd::display_settings) add(setting);
    add(hvfbd::log_level_setting);
    return text;
}

}  // namespace texts
