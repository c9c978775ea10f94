#include "config/configuration.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "base/error.h"
#include "base/file_reading.h"
#include "base/text.h"
#include "common/did_you_mean.h"
#include "common/numbers.h"
#include "common/settings_table.h"
#include "config/ini.h"
#include "config/unreadable.h"

namespace hvfbd {

namespace {

[[noreturn]] void refuse(const std::string& sentence) {
    throw RequestError(RequestError::Kind::invalid_arguments, sentence);
}

std::uint64_t number(std::string_view key, std::string_view text) {
    const auto value = whole_number(text);
    if (!value) refuse(std::string(key) + " must be a number; \"" + std::string(text) + "\" is not");
    return *value;
}

std::uint32_t rectangles_per_message(std::string_view key, std::string_view text) {
    std::uint64_t value = number(key, text);
    if (value < 1 || value > 255)
        refuse(std::string(key) + " must be 1 to 255; " + std::to_string(value) + " is not");
    return static_cast<std::uint32_t>(value);
}

bool boolean(std::string_view key, std::string_view text) {
    for (std::string_view yes : {"yes", "true", "on", "1"})
        if (text == yes) return true;
    for (std::string_view no : {"no", "false", "off", "0"})
        if (text == no) return false;
    refuse(std::string(key) + " must be yes or no; \"" + std::string(text) + "\" is neither");
}

// Whether it holds a row is known only with the mode.
std::uint32_t stride(std::string_view key, std::string_view text) {
    constexpr std::uint64_t longest = std::uint64_t{2} * max_extent * bytes_per_pixel;
    std::uint64_t value = number(key, text);
    if (value % bytes_per_pixel != 0 || value > longest)
        refuse(std::string(key) + " must be a multiple of 4 up to " + std::to_string(longest) +
               ", or 0 for rows without padding; " + std::to_string(value) + " is not");
    return static_cast<std::uint32_t>(value);
}

std::string card(std::string_view key, std::string_view text) {
    constexpr std::string_view folder = "/dev/dri/";
    if (!text.empty() && !text.starts_with(folder))
        refuse(std::string(key) + " must be /dev/dri/cardN or a link in /dev/dri/by-path; \"" +
               std::string(text) + "\" is not");
    return std::string(text);
}

std::string one_of(std::string_view key, std::span<const std::string_view> known, std::string_view text) {
    if (std::ranges::find(known, text) == known.end()) {
        std::string list;
        for (std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
        refuse(std::string(key) + " must be one of " + list + "; \"" + std::string(text) + "\" is not");
    }
    return std::string(text);
}

constexpr std::array<std::string_view, 5> output_types{"auto", "memory", "uio", "drm", "hyperv"};
constexpr std::array<std::string_view, 2> screens{"apart", "together"};

struct OutputKey {
    std::string_view name;
    void (*set)(Configuration::OutputSection& output, std::string_view key, std::string_view value);
};
using Output = Configuration::OutputSection;
using Text = std::string_view;

constexpr std::array output_keys{
    OutputKey{"Type", [](Output& o, Text key, Text value) { o.type = one_of(key, output_types, value); }},
    OutputKey{"Uio", [](Output& o, Text, Text value) { o.uio = value; }},
    OutputKey{"Framebuffer", [](Output& o, Text, Text value) { o.framebuffer = value; }},
    OutputKey{"FramebufferSize",
              [](Output& o, Text key, Text value) { o.framebuffer_size = number(key, value); }},
    OutputKey{"Card", [](Output& o, Text key, Text value) { o.card = card(key, value); }},
    OutputKey{"Connector", [](Output& o, Text, Text value) { o.connector = value; }},
    OutputKey{"Screens", [](Output& o, Text key, Text value) { o.screens = one_of(key, screens, value); }},
    OutputKey{"Mode", [](Output& o, Text, Text value) { o.mode = mode_of(value); }},
    OutputKey{"Stride", [](Output& o, Text key, Text value) { o.stride = stride(key, value); }},
    OutputKey{"AssumeVisible",
              [](Output& o, Text key, Text value) { o.assume_visible = boolean(key, value); }},
    OutputKey{"RectanglesPerMessage", [](Output& o, Text key, Text value) {
                  o.rectangles_per_message = rectangles_per_message(key, value);
              }}};

bool set_output(Configuration& configuration, std::string_view key, std::string_view value) {
    const auto* found = std::ranges::find(output_keys, key, &OutputKey::name);
    if (found == output_keys.end()) return false;
    found->set(configuration.output, key, value);
    return true;
}

// False: no such key.
bool set_key(Configuration& configuration, std::string_view section, std::string_view key,
             std::string_view value) {
    if (section == "Display") {
        if (const Setting* now = setting_named(name_now(key)); now && now->name != key)
            refuse(std::string(key) + " is called " + std::string(now->key) +
                   " now, and takes a time span: " + std::string(now->key) + "=" + shown(*now, now->usual));
        return set_by_key(configuration.display, key, value);
    }
    if (section == "Output") return set_output(configuration, key, value);
    if (section == "Clients" && key == "GrantUserfaultfd") {
        configuration.grant_userfaultfd = boolean(key, value);
        return true;
    }
    if (section == "Log" && key == "Level") {
        if (std::string wrong = what_is_wrong(log_level_setting, value, key); !wrong.empty()) refuse(wrong);
        configuration.log_level = value;
        return true;
    }
    return false;
}

constexpr std::array<std::string_view, 4> sections{"Display", "Output", "Clients", "Log"};

std::vector<std::string_view> keys_of(std::string_view section) {
    std::vector<std::string_view> keys;
    if (section == "Display")
        for (const SettingField& field : setting_fields()) keys.push_back(field.setting.key);
    if (section == "Output")
        for (const OutputKey& key : output_keys) keys.push_back(key.name);
    if (section == "Clients") keys.emplace_back("GrantUserfaultfd");
    if (section == "Log") keys.emplace_back("Level");
    return keys;
}

// What is said of a key that set_key() does not know.
std::string what_is_unknown(std::string_view section, std::string_view key) {
    if (std::ranges::find(sections, section) == sections.end()) {
        std::string list;
        for (std::string_view known : sections)
            list += (list.empty() ? "[" : ", [") + std::string(known) + "]";
        const std::string near = nearest(section, sections);
        return "there is no section [" + std::string(section) + "]" +
               (near.empty() ? "; there are " + list : "; did you mean [" + near + "]?");
    }
    const std::string unknown =
        "there is no " + std::string(key) + " in a section [" + std::string(section) + "]";
    for (std::string_view other : sections)
        for (std::string_view known : keys_of(other))
            if (known == key) return unknown + "; it belongs into [" + std::string(other) + "]";
    if (const Setting* setting = setting_named(key)) {  // as it is called on the bus
        const std::string_view belongs = setting == &log_level_setting ? "Log" : "Display";
        return unknown + "; did you mean \"" + std::string(setting->key) + "\"" +
               (belongs == section ? "" : " in [" + std::string(belongs) + "]") + "?";
    }
    return unknown + did_you_mean(key, keys_of(section));
}

constexpr std::size_t most_warnings_in_all = 500;

// Larger than any configuration, and small enough to be read in a moment.
constexpr std::size_t largest_file = std::size_t{1} << 20;

// As systemd has it: an empty file, or a link to /dev/null, is there to hide those of weaker folders.
bool masks(const std::filesystem::path& path) {
    struct stat status {};
    // mutants: a block device of that number is a RAM disk.
    return ::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(1, 3);
}

void read(const std::filesystem::path& path, Configuration& configuration,
          std::vector<ConfigurationWarning>& warnings) {
    if (masks(path)) return;
    try {
        parse(read_regular_file(path, largest_file), path, configuration, warnings);
    } catch (const std::system_error& error) {
        if (is_shortage(error)) throw;  // what it says is not known, and not nothing
        if (error.code() == std::errc::permission_denied)
            warnings.push_back(unreadable_file(path));
        else
            warnings.push_back({path, 0, std::string("it is left out: ") + error.what()});
    }
}

bool is_drop_in(const std::filesystem::path& path) {
    std::string name = path.filename();
    return name.ends_with(".conf") && !name.starts_with('.');
}

}  // namespace

std::string text_of(const ConfigurationWarning& warning) {
    std::string text = warning.file;
    if (warning.line > 0) text += ":" + std::to_string(warning.line);
    text += ": " + warning.sentence;
    if (!warning.mend.empty()) text += "; fix: " + warning.mend;
    return escaped(text);
}

std::uint64_t output_number(const Configuration::OutputSection& output) {
    // What is left out adds nothing, so that a key of a later version changes no number.
    std::string named = "Type=" + output.type;
    const auto add = [&](const char* key, const std::string& value) {
        if (!value.empty()) named.append(1, '\n').append(key).append(1, '=').append(value);
    };
    add("Uio", output.uio);
    add("Framebuffer", output.framebuffer);
    if (output.framebuffer_size != 0) add("FramebufferSize", std::to_string(output.framebuffer_size));
    add("Card", output.card);
    add("Connector", output.connector);
    // FNV-1a.
    std::uint64_t number = 0xcbf29ce484222325;
    for (const char letter : named) number = (number ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
    return number == 0 ? 1 : number;  // mutants: no test has a text whose number is 0
}

Mode mode_of(std::string_view text) {
    const auto sides = mode_in<std::uint64_t>(text);
    if (!sides) refuse("Mode must be WIDTHxHEIGHT, such as 1920x1080; \"" + std::string(text) + "\" is not");
    Mode mode{static_cast<std::uint32_t>(std::min<std::uint64_t>(sides->first, UINT32_MAX)),
              static_cast<std::uint32_t>(std::min<std::uint64_t>(sides->second, UINT32_MAX))};
    layout_for(mode);
    return mode;
}

void parse(std::string_view text, const std::string& file, Configuration& configuration,
           std::vector<ConfigurationWarning>& warnings) {
    // A file that is no configuration at all is not said line by line, nor a line of a megabyte whole.
    constexpr int most_warnings = 50;
    constexpr std::size_t longest_sentence = 400;
    int refused = 0;
    auto warn = [&](int line, std::string sentence) {
        if (++refused > most_warnings) return;
        if (sentence.size() > longest_sentence) {
            std::size_t end = longest_sentence;
            // Of the text of read_ini(), which is UTF-8.
            while ((static_cast<unsigned char>(sentence[end]) & 0xc0) == 0x80) --end;
            sentence.replace(end, std::string::npos, "...");
        }
        warnings.push_back({file, line, std::move(sentence)});
    };
    auto take = [&](const IniEntry& entry) {
        try {
            if (!set_key(configuration, entry.section, entry.key, entry.value))
                warn(entry.line, what_is_unknown(entry.section, entry.key));
        } catch (const RequestError& error) {
            warn(entry.line, error.what());
        }
    };
    read_ini(text, take, warn);
    if (refused > most_warnings)
        warnings.push_back({file, 0, std::to_string(refused - most_warnings) + " more lines are left out"});
}

Configuration load(std::span<const std::filesystem::path> folders,
                   std::vector<ConfigurationWarning>& warnings) {
    Configuration configuration;
    std::optional<std::filesystem::path> main_file;
    std::map<std::string, std::filesystem::path> drop_ins;
    for (const auto& folder : folders) {
        struct stat status {};
        auto path = folder / "hvfbd.conf";
        // What cannot be looked at is there, and is read, which says why it cannot be.
        if (::lstat(path.c_str(), &status) == 0 || errno != ENOENT) main_file = path;
        std::error_code error;
        for (const auto& entry : entries_of(folder / "hvfbd.conf.d", error))
            if (is_drop_in(entry)) drop_ins[entry.filename()] = entry;
        if (is_shortage(error.value()))
            throw_errno("look into " + (folder / "hvfbd.conf.d").string(), error.value());
        if (error == std::errc::permission_denied)
            warnings.push_back(unreadable_folder(folder / "hvfbd.conf.d"));
        else if (error && error != std::errc::no_such_file_or_directory)
            warnings.push_back({folder / "hvfbd.conf.d", 0, "its files are left out: " + error.message()});
    }
    std::size_t refused = 0;
    auto take = [&](const std::filesystem::path& path) {
        read(path, configuration, warnings);
        // To say them takes time of the loop.
        const std::size_t said = std::min(warnings.size(), most_warnings_in_all);
        refused += warnings.size() - said;
        warnings.resize(said);
    };
    if (main_file) take(*main_file);
    for (const auto& [name, path] : drop_ins) take(path);
    if (refused > 0)
        warnings.push_back(
            {warnings.back().file, 0, std::to_string(refused) + " more warnings are not said"});
    return configuration;
}

}  // namespace hvfbd
