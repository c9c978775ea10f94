#include "control/configuration.h"

#include <ini.h>

#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

#include "base/error.h"

namespace hvfbd {

namespace {

[[noreturn]] void refuse(const std::string& sentence) {
    throw Refusal(Refusal::Kind::invalid_arguments, sentence);
}

std::uint64_t number(std::string_view key, std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        refuse(std::string(key) + " must be a number; \"" + std::string(text) + "\" is not");
    return value;
}

std::uint32_t rectangles_per_message(std::string_view key, std::string_view text) {
    std::uint64_t value = number(key, text);
    if (value < 1 || value > 255) refuse(std::string(key) + " must be 1 to 255");
    return static_cast<std::uint32_t>(value);
}

bool boolean(std::string_view key, std::string_view text) {
    for (std::string_view yes : {"yes", "true", "on", "1"})
        if (text == yes) return true;
    for (std::string_view no : {"no", "false", "off", "0"})
        if (text == no) return false;
    refuse(std::string(key) + " must be yes or no; \"" + std::string(text) + "\" is neither");
}

Mode mode(std::string_view text) {
    auto cross = text.find('x');
    if (cross == std::string_view::npos)
        refuse("Mode must be WIDTHxHEIGHT, such as 1920x1080; \"" + std::string(text) + "\" is not");
    Mode mode{static_cast<std::uint32_t>(
                  std::min<std::uint64_t>(number("Mode", text.substr(0, cross)), UINT32_MAX)),
              static_cast<std::uint32_t>(
                  std::min<std::uint64_t>(number("Mode", text.substr(cross + 1)), UINT32_MAX))};
    layout_for(mode);
    return mode;
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
    std::string list;
    for (std::string_view name : known) {
        if (name == text) return std::string(text);
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    refuse(std::string(key) + " must be one of " + list + "; \"" + std::string(text) + "\" is not");
}

constexpr std::array<std::string_view, 5> output_types{"auto", "memory", "uio", "drm", "hyperv"};
constexpr std::array<std::string_view, 2> screens{"apart", "together"};
constexpr std::array<std::string_view, 6> log_levels{"trace",   "debug", "info",
                                                     "warning", "error", "critical"};

bool set_output(Configuration& configuration, std::string_view key, std::string_view value) {
    auto& output = configuration.output;
    if (key == "Type")
        output.type = one_of(key, output_types, value);
    else if (key == "Uio")
        output.uio = value;
    else if (key == "Framebuffer")
        output.framebuffer = value;
    else if (key == "FramebufferSize")
        output.framebuffer_size = number(key, value);
    else if (key == "Card")
        output.card = card(key, value);
    else if (key == "Connector")
        output.connector = value;
    else if (key == "Screens")
        output.screens = one_of(key, screens, value);
    else if (key == "Mode")
        output.mode = mode(value);
    else if (key == "Stride")
        output.stride = stride(key, value);
    else if (key == "AssumeVisible")
        output.assume_visible = boolean(key, value);
    else if (key == "RectanglesPerMessage")
        output.rectangles_per_message = rectangles_per_message(key, value);
    else
        return false;
    return true;
}

// False: no such key.
bool set_key(Configuration& configuration, std::string_view section, std::string_view key,
             std::string_view value) {
    if (section == "Display") return set(configuration.display, key, value);
    if (section == "Output") return set_output(configuration, key, value);
    if (section == "Clients" && key == "GrantUserfaultfd") {
        configuration.grant_userfaultfd = boolean(key, value);
        return true;
    }
    if (section == "Log" && key == "Level") {
        configuration.log_level = one_of(key, log_levels, value);
        return true;
    }
    return false;
}

struct Parse {
    Configuration& configuration;
    std::vector<ConfigurationWarning>& warnings;
    const std::string& file;
    std::string_view rest;
    int line = 0;
};

// inih reads through this like through fgets; it counts the lines, which inih tells its handler only when it
// is built so, and Debian's is not.
char* read_line(char* buffer, int size, void* stream) {
    auto& parse = *static_cast<Parse*>(stream);
    if (parse.rest.empty() || size < 2) return nullptr;
    std::size_t end = parse.rest.find('\n');
    std::size_t length = end == std::string_view::npos ? parse.rest.size() : end + 1;
    length = std::min(length, static_cast<std::size_t>(size) - 1);
    parse.rest.copy(buffer, length);
    buffer[length] = '\0';
    parse.rest.remove_prefix(length);
    if (buffer[length - 1] == '\n' || parse.rest.empty()) ++parse.line;
    return buffer;
}

int take(void* user, const char* section, const char* name, const char* value) {
    auto& parse = *static_cast<Parse*>(user);
    auto warn = [&](const std::string& sentence) {
        parse.warnings.push_back({parse.file, parse.line, sentence});
    };
    try {
        if (!set_key(parse.configuration, section, name, value ? value : ""))
            warn("there is no " + std::string(name) + " in a section [" + section + "]");
    } catch (const Refusal& refusal) {
        warn(refusal.what());
    }
    return 1;
}

bool masks(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_symlink(path, error) &&
           std::filesystem::read_symlink(path, error) == "/dev/null";
}

void read(const std::filesystem::path& path, Configuration& configuration,
          std::vector<ConfigurationWarning>& warnings) {
    if (masks(path)) return;
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    std::error_code error;
    // A folder can be opened too; what a stream does then is nobody's promise. (An empty file fails the
    // stringstream.)
    if (!file.is_open() || !std::filesystem::is_regular_file(path, error))
        warnings.push_back({path, 0, "it cannot be read"});
    else
        parse(text.str(), path, configuration, warnings);
}

}  // namespace

void parse(std::string_view text, const std::string& file, Configuration& configuration,
           std::vector<ConfigurationWarning>& warnings) {
    Parse parse{configuration, warnings, file, text};
    int result = ::ini_parse_stream(read_line, &parse, take, &parse);
    if (result > 0)
        warnings.push_back({file, result, "this is neither a section, a key with a value, nor a comment"});
    if (result < 0) warnings.push_back({file, 0, "it could not be taken in: no memory"});
}

Configuration load(std::span<const std::filesystem::path> folders,
                   std::vector<ConfigurationWarning>& warnings) {
    Configuration configuration;
    std::optional<std::filesystem::path> main_file;
    std::map<std::string, std::filesystem::path> drop_ins;
    for (const auto& folder : folders) {
        std::error_code error;
        if (auto path = folder / "hvfbd.conf";
            std::filesystem::exists(std::filesystem::symlink_status(path, error)))
            main_file = path;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "hvfbd.conf.d", error))
            if (entry.path().extension() == ".conf") drop_ins[entry.path().filename()] = entry.path();
    }
    if (main_file) read(*main_file, configuration, warnings);
    for (const auto& [name, path] : drop_ins) read(path, configuration, warnings);
    return configuration;
}

}  // namespace hvfbd
