#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/layout.h"
#include "display/display_settings.h"

namespace hvfbd {

// What the configuration files say. Whatever they leave out has its default here.
struct Configuration {
    DisplaySettings display;
    struct OutputSection {
        std::string type = "auto";  // auto, memory, uio, drm or hyperv
        std::string uio, framebuffer;
        std::uint64_t framebuffer_size = 0;  // bytes; 0: what the device says
        std::string card, connector;         // drm; empty: found by itself
        std::string screens = "apart";       // drm: each a display; or together
        std::optional<Mode> mode;
        std::uint32_t stride = 0;                  // bytes; 0: rows without padding
        bool assume_visible = true;                // for hosts that never say whether somebody looks
        std::uint32_t rectangles_per_message = 1;  // 1 to 255
        bool operator==(const OutputSection&) const = default;
    } output;
    bool grant_userfaultfd = true;  // to clients that may not make one
    std::string log_level = to_text(log_level_setting, log_level_setting.usual);
};

// Something in a file that was not understood, or a file that was not read. What stood before, or the
// default, stands.
struct ConfigurationWarning {
    std::string file;
    int line = 0;  // 0: the whole file
    std::string sentence;
    std::string mend{};  // a command; empty: the line is to be mended
};
// "FILE:LINE: SENTENCE; fix: COMMAND", as far as there are such. Plain text, whatever the file is called.
std::string text_of(const ConfigurationWarning& warning);

// Two configurations that name the same output, whatever its mode, have the same number here, and others have
// different ones. Never 0. The saved state has it: what it is made of stays as it is.
std::uint64_t output_number(const Configuration::OutputSection& output);

// WIDTHxHEIGHT in decimal digits and nothing else. Throws RequestError.
Mode mode_of(std::string_view text);

// Reads one file's text over what is there already. Any text: never throws for what it says.
void parse(std::string_view text, const std::string& file, Configuration& configuration,
           std::vector<ConfigurationWarning>& warnings);

// Reads the files of these folders (/usr/lib/hvfbd, /run/hvfbd, /etc/hvfbd: the later the stronger) as
// systemd does: hvfbd.conf of the strongest folder that has one; then the drop-ins hvfbd.conf.d/*.conf of all
// of them in the order of their names, of those with the same name only the strongest. An empty file, or a
// link to /dev/null, masks.
Configuration load(std::span<const std::filesystem::path> folders,
                   std::vector<ConfigurationWarning>& warnings);

}  // namespace hvfbd
