#include "drm_screen.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/file_reading.h"
#include "common/numbers.h"
#include "rights.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
namespace fs = std::filesystem;

constexpr const char* card_subject = "DRM card";
constexpr const char* screen_subject = "DRM screen";
constexpr const char* master_subject = "DRM master";

struct Connector {
    std::string name;  // "HDMI-A-1"
    bool connected = false;
};

// Sorted. The class has "card0-HDMI-A-1" beside "card0".
std::vector<Connector> connectors_of(const fs::path& root, const std::string& card) {
    std::vector<Connector> connectors;
    const std::string prefix = card + "-";
    for (const auto& entry : hvfbd::entries_if_there(root / "sys/class/drm")) {
        const std::string name = entry.filename();
        if (name.starts_with(prefix))
            connectors.push_back(
                {name.substr(prefix.size()), hvfbd::first_line_if_there(entry / "status") == "connected"});
    }
    std::ranges::sort(connectors, {}, &Connector::name);
    return connectors;
}

bool is_connected(const std::vector<Connector>& connectors, const std::string& wanted) {
    return std::ranges::any_of(connectors, [&](const Connector& connector) {
        return connector.connected && (wanted.empty() || connector.name == wanted);
    });
}

std::vector<std::string> cards(const fs::path& root) {
    std::vector<std::string> names;
    for (const auto& entry : hvfbd::entries_if_there(root / "dev/dri"))
        if (const std::string name = entry.filename(); name.starts_with("card")) names.push_back(name);
    std::ranges::sort(names);
    return names;
}

// The one that the daemon would choose: the configuration's, else the first with a connected screen, else the
// first. Nothing: there is none.
std::optional<std::string> choose(const fs::path& root, const std::string& card,
                                  const std::string& connector) {
    if (!card.empty()) {
        const fs::path node = root / fs::path(card).relative_path();
        if (std::string name = hvfbd::name_behind(node); !name.empty()) return name;
        return hvfbd::is_there(node) ? std::optional<std::string>(node.filename()) : std::nullopt;
    }
    const std::vector<std::string> all = cards(root);
    for (const std::string& name : all)
        if (is_connected(connectors_of(root, name), connector)) return name;
    return all.empty() ? std::nullopt : std::optional(all.front());
}

Finding screen(const std::vector<Connector>& connectors, const std::string& wanted) {
    std::string text;
    bool known = false;
    for (const Connector& connector : connectors) {
        known = known || connector.name == wanted;
        text += (text.empty() ? "" : ", ") + connector.name +
                (connector.connected ? " (connected)" : " (nothing connected)");
    }
    if (connectors.empty())
        return {Level::warn, screen_subject, "the card has no connectors", "set another Card= in hvfbd.conf"};
    if (!wanted.empty() && !known)
        return {Level::warn, screen_subject, "the card has no connector " + wanted + ", but " + text,
                "set Connector= in hvfbd.conf to one of these, or leave it out"};
    if (is_connected(connectors, wanted)) return {Level::ok, screen_subject, text, ""};
    return {Level::warn, screen_subject, text,
            "plug in a screen: hvfbd hears of it; or set another Card= or Connector= in hvfbd.conf"};
}

// The program that is the card's master, of what the kernel says of its clients: a line each, whose last
// words are process, device, "y" for master, "y" for authenticated, and so on; its name may have spaces.
// Nothing: nobody is.
std::optional<std::string> master(std::istream& clients) {
    for (std::string line; std::getline(clients, line);) {
        std::istringstream text(line);
        std::vector<std::string> words;
        for (std::string word; text >> word;) words.push_back(word);
        for (std::size_t i = 1; i + 3 < words.size(); ++i) {
            const auto flag = [&](std::size_t at) { return words[at] == "y" || words[at] == "n"; };
            if (!hvfbd::prefixed_number(words[i]) || !hvfbd::prefixed_number(words[i + 1]) || !flag(i + 2) ||
                !flag(i + 3))
                continue;
            if (words[i + 2] != "y") break;
            std::string name = words.front();
            for (std::size_t word = 1; word < i; ++word) name += " " + words[word];
            return name;
        }
    }
    return std::nullopt;
}

Finding who_is_master(const fs::path& root, const std::string& card) {
    std::ifstream clients(root / "sys/kernel/debug/dri" / card.substr(std::string("card").size()) /
                          "clients");
    if (!clients)
        return {Level::ok, master_subject, "only root can see who it is, where debugfs is mounted", ""};
    const auto name = master(clients);
    if (!name) return {Level::ok, master_subject, "nobody is", ""};
    if (*name == "hvfbd") return {Level::ok, master_subject, "hvfbd is", ""};
    return {
        Level::warn, master_subject, *name + " is, and hvfbd shows nothing as long as that runs",
        "stop it (a desktop: sudo systemctl isolate multi-user.target), then sudo systemctl restart hvfbd"};
}

}  // namespace

void examine_drm_screen(const fs::path& root, const hvfbd::Configuration& configuration, Findings& findings) {
    const auto& output = configuration.output;
    const auto card = choose(root, output.card, output.connector);
    if (!card) {
        // Nobody asked for one.
        if (output.type == "auto") return;
        findings.push_back({Level::warn, card_subject,
                            output.card.empty() ? "this machine has none" : "there is no " + output.card,
                            "load the driver of the card, or set another Type= in hvfbd.conf"});
        return;
    }
    const std::string node = "/dev/dri/" + *card;
    findings.push_back(examine_rights(card_subject, root / "dev/dri" / *card, node,
                                      "sudo chgrp video " + node + " && sudo chmod 0660 " + node, "video"));
    findings.push_back(screen(connectors_of(root, *card), output.connector));
    findings.push_back(who_is_master(root, *card));
}

}  // namespace hvfbctl
