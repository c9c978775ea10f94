#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "examine_each.h"
#include "for_caller.h"
#include "machine.h"
#include "programs.h"
#include "table.h"
#include "text_console.h"
#include "user_name.h"
#include "values.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;

// Whether this process, not the user database, has the group: a shell opened before usermod does not.
bool in_group(const char* name) {
    const group* const entry = getgrnam(name);
    if (entry == nullptr) return false;
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
    if (getgroups(static_cast<int>(groups.size()), groups.data()) < 0) return false;
    return entry->gr_gid == getegid() || std::ranges::find(groups, entry->gr_gid) != groups.end();
}

void examine_groups(std::vector<Finding>& findings) {
    const bool root = geteuid() == 0;
    const bool video = in_group("video");
    findings.push_back({root || video ? Level::ok : Level::bad, "right to draw",
                        root    ? "root may"
                        : video ? "group video: may"
                                : "not in group video: may not",
                        root || video ? "" : "sudo usermod -aG video " + own_name() + ", then log in again"});
    const bool view = in_group("hvfbd-view");
    findings.push_back(
        {root || view ? Level::ok : Level::warn, "right to view",
         root   ? "root may"
         : view ? "group hvfbd-view: may"
                : "not in group hvfbd-view: screenshot and watch are refused",
         root || view ? "" : "sudo usermod -aG hvfbd-view " + own_name() + ", then log in again"});
}

// The alias that `systemctl enable` makes, by which the bus starts it.
bool is_enabled(const std::filesystem::path& root) {
    constexpr const char* alias = "dbus-org.hvfbd.Framebuffer1.service";
    for (const char* folder : {"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system",
                               "usr/lib/systemd/system"}) {
        std::error_code error;
        const auto link = root / folder / alias;
        const auto status = std::filesystem::symlink_status(link, error);
        if (status.type() == std::filesystem::file_type::none)
            throw std::system_error(error, "look at " + link.string());
        if (!std::filesystem::is_symlink(status)) continue;
        // Masked, where it leads to nothing.
        return std::filesystem::read_symlink(link) != "/dev/null";
    }
    return false;
}

// Whether there is one to be asked.
bool examine_daemon(const Where& where, bool enabled, std::vector<Finding>& findings) {
    std::unique_ptr<sdbus::IConnection> connection;
    try {
        connection = connect(where.bus);
        findings.push_back({Level::ok, "bus", where.bus + " answers", ""});
    } catch (const sdbus::Error& error) {
        findings.push_back({Level::bad, "bus", where.bus + " does not answer: " + error.getMessage(),
                            where.bus == "system" ? "sudo apt-get install dbus && sudo systemctl start dbus"
                                                  : "name a bus that runs: --bus=system"});
        return false;
    }
    try {
        const bool running = !owner_of_name(*connection).empty();
        if (!running)
            if (const auto problem = problem_of_service(*connection)) {
                findings.push_back({Level::bad, "daemon", problem->sentence, problem->mend});
                return false;
            }
        std::vector<std::string> activatable;
        sdbus::createProxy(*connection, sdbus::ServiceName("org.freedesktop.DBus"),
                           sdbus::ObjectPath("/org/freedesktop/DBus"))
            ->callMethod("ListActivatableNames")
            .onInterface("org.freedesktop.DBus")
            .storeResultsTo(activatable);
        const bool can_start = enabled && std::ranges::find(activatable, service_name) != activatable.end();
        findings.push_back({running || can_start ? Level::ok : Level::bad, "daemon",
                            running ? "hvfbd runs"
                            : can_start
                                ? "hvfbd does not run; the bus starts it for the first program that draws"
                            : enabled ? "hvfbd does not run, and the bus does not know how to start it"
                                      : "hvfbd does not run, and as it is not enabled no program starts it",
                            running || can_start ? ""
                            : enabled            ? "sudo systemctl reload dbus && sudo systemctl start hvfbd"
                                      : "sudo systemctl start hvfbd # or, for each boot as well: sudo "
                                        "systemctl enable --now hvfbd"});
        return running;
    } catch (const sdbus::Error& error) {
        findings.push_back({Level::bad, "daemon",
                            "the bus does not say whether hvfbd runs: " + error.getMessage(),
                            "sudo systemctl status hvfbd dbus"});
    }
    return false;
}

// What the daemon says of the files that it has read, where these now say something else.
void examine_what_was_read(const std::vector<std::string>& warnings, std::vector<Finding>& findings) {
    constexpr std::string_view before_mend = "; fix: ", of_output = "what [Output]",
                               of_start = "hvfbd does not start";
    for (const std::string& warning : warnings) {
        const std::string sentence = warning.substr(0, warning.find(before_mend));
        if (std::ranges::any_of(findings, [&](const Finding& f) { return f.sentence == sentence; })) continue;
        std::string mend = "sudo systemctl reload hvfbd";
        if (sentence.starts_with(of_start))
            mend = "sudo /usr/libexec/hvfbd --check-config";
        else if (sentence.size() < warning.size() && (geteuid() != 0 || sentence.starts_with(of_output)))
            mend = warning.substr(sentence.size() + before_mend.size());
        findings.push_back({Level::warn, "configuration as hvfbd has read it", sentence, mend});
    }
}

void examine_surfaces(const Where& where, const std::filesystem::path& root, std::vector<Finding>& findings) {
    try {
        Daemon daemon(where);
        examine_what_was_read(configuration_warnings(daemon.manager_properties()), findings);
        // A dark screen goes before what merely works less well.
        auto place = findings.begin();
        for (const DisplayRecord& display : daemon.displays())
            if (!display.problem.empty())
                place = std::next(
                    findings.insert(place, {Level::warn, display.name, "nothing is shown: " + display.problem,
                                            "sudo journalctl -u hvfbd -n 20"}));
        for (Finding& finding : examine_programs(root, daemon.surfaces()))
            findings.push_back(std::move(finding));
        examine_each("text console", findings, [&] {
            for (Finding& finding : examine_text_console(where, root, daemon.states()))
                findings.push_back(std::move(finding));
        });
    } catch (const sdbus::Error& error) {
        const bool refused = error.getName() == "org.freedesktop.DBus.Error.AccessDenied";
        findings.push_back({Level::warn, "surfaces",
                            refused ? "the bus does not let you ask the daemon for them"
                                    : "the daemon does not list them: " + error.getMessage(),
                            refused ? "sudo hvfbctl doctor" : "sudo systemctl status hvfbd"});
    }
}

std::string mark_of(Level level, const Style& style) {
    const bool ok = level == Level::ok, warn = level == Level::warn;
    std::string mark = style.unicode ? (ok ? "\u2713" : warn ? "!" : "\u2717") : level_name(level);
    if (!style.unicode) mark.resize(4, ' ');
    return style.paint(ok ? Colour::green : warn ? Colour::yellow : Colour::red, mark);
}

// How many there are of each kind, so that nobody must count.
void print_summary(const std::vector<Finding>& findings, bool can_draw, const Style& style) {
    const auto count = [&](Level level) {
        return static_cast<std::uint64_t>(std::ranges::count(findings, level, &Finding::level));
    };
    std::cout << style.paint(Colour::bold, can_draw ? "Programs can draw" : "Programs cannot draw");
    if (!can_draw) std::cout << ": " << counted(count(Level::bad), "finding") << " in the way";
    if (count(Level::warn) > 0) std::cout << "; " << counted(count(Level::warn), "warning");
    std::cout << '\n';
}

void print(const std::vector<Finding>& findings, const Style& style) {
    const char* const indent = style.unicode ? "  " : "     ";
    for (const Finding& finding : findings) {
        std::cout << mark_of(finding.level, style) << ' '
                  << hvfbd::escaped(finding.subject + ": " + for_caller(finding.sentence)) << '\n';
        if (!finding.mend.empty())
            std::cout << indent << "fix: " << hvfbd::escaped(for_caller(finding.mend)) << '\n';
    }
}

void print_json(const std::vector<Finding>& findings, bool can_draw) {
    nlohmann::ordered_json result = {{"CanDraw", can_draw}, {"Findings", nlohmann::ordered_json::array()}};
    for (const Finding& finding : findings)
        result["Findings"].push_back({{"Level", level_name(finding.level)},
                                      {"Subject", finding.subject},
                                      {"Sentence", finding.sentence},
                                      {"Fix", finding.mend}});
    std::cout << as_text(result, 2) << '\n';
}

}  // namespace

bool examine(const Where& where, const std::string& root, bool json, const Style& style) {
    // What cannot be opened for want of a descriptor would be said not to work.
    hvfbd::expect_descriptors(32);
    std::vector<Finding> findings = examine_machine(root);
    bool enabled = false;
    examine_each("start", findings, [&] {
        enabled = is_enabled(root);
        findings.push_back({Level::ok, "start",
                            enabled ? "enabled: hvfbd starts at boot, and for the first program that draws"
                                    : "not enabled: hvfbd starts by hand alone, not at boot nor for programs",
                            ""});
    });
    if (examine_daemon(where, enabled, findings)) examine_surfaces(where, root, findings);
    examine_groups(findings);
    const bool can_draw =
        std::ranges::none_of(findings, [](const Finding& f) { return f.level == Level::bad; });
    // What needs attention comes first.
    std::ranges::stable_sort(findings, std::ranges::greater(), &Finding::level);
    if (json) {
        print_json(findings, can_draw);
        return can_draw;
    }
    print_summary(findings, can_draw, style);
    print(findings, style);
    return can_draw;
}

}  // namespace hvfbctl
