#include "configured_output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include "config/configuration.h"
#include "config/service_user.h"
#include "drm_screen.h"
#include "examine_each.h"
#include "uio_screen.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;

// "Type=uio, Uio=/dev/uio0"
std::string what_it_says(const hvfbd::Configuration& configuration) {
    const auto& output = configuration.output;
    std::string text = "Type=" + output.type;
    const std::array<std::pair<const char*, const std::string&>, 4> names = {
        {{"Uio", output.uio},
         {"Framebuffer", output.framebuffer},
         {"Card", output.card},
         {"Connector", output.connector}}};
    for (const auto& [key, value] : names)
        if (!value.empty()) text.append(", ").append(key).append("=").append(value);
    return text;
}

// The command that opens the file at that line, whatever it is called.
std::string how_to_edit(const hvfbd::ConfigurationWarning& warning) {
    std::string file = "'";
    for (const char c : warning.file) file += c == '\'' ? std::string("'\\''") : std::string(1, c);
    file += "'";
    const bool plain = std::ranges::all_of(warning.file, [](unsigned char c) {
        return std::isalnum(c) != 0 || std::strchr("/._-", c) != nullptr;
    });
    const std::string line = warning.line > 0 ? "+" + std::to_string(warning.line) + " " : "";
    return "sudo ${EDITOR:-vi} " + line + (plain ? warning.file : file) +
           " && sudo /usr/libexec/hvfbd --check-config";
}

}  // namespace

hvfbd::Configuration read_configuration(const std::filesystem::path& root,
                                        std::vector<hvfbd::ConfigurationWarning>& warnings) {
    const std::array<std::filesystem::path, 3> folders = {root / "usr/lib/hvfbd", root / "run/hvfbd",
                                                          root / "etc/hvfbd"};
    // As the daemon reads them, where that can be seen.
    const hvfbd::RightsOfService rights;
    const std::size_t before = warnings.size();
    hvfbd::Configuration configuration = hvfbd::load(folders, warnings);
    if (geteuid() == 0) return configuration;
    for (std::size_t i = before; i < warnings.size(); ++i)
        if (!warnings[i].mend.empty()) {
            warnings[i].sentence = "you may not read it, so that it is not known what it says";
            warnings[i].mend = "call it as root: sudo hvfbctl doctor";
        }
    return configuration;
}

void examine_configured_output(const std::filesystem::path& root, std::vector<Finding>& findings) {
    std::vector<hvfbd::ConfigurationWarning> warnings;
    const hvfbd::Configuration configuration = read_configuration(root, warnings);
    for (hvfbd::ConfigurationWarning& warning : warnings) {
        std::string mend = warning.mend.empty() ? how_to_edit(warning) : std::exchange(warning.mend, {});
        findings.push_back({Level::warn, "configuration", text_of(warning), std::move(mend)});
    }
    findings.push_back({Level::ok, "configured output", what_it_says(configuration), ""});
    if (configuration.output.type == "uio")
        examine_each("UIO screen", findings, [&] { examine_uio_screen(root, configuration, findings); });
    if (configuration.output.type == "drm" || configuration.output.type == "auto")
        examine_each("DRM screen", findings, [&] { examine_drm_screen(root, configuration, findings); });
}

}  // namespace hvfbctl
