#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "surface_list.h"
#include "table.h"

namespace hvfbctl {

nlohmann::ordered_json surfaces_json(const std::vector<SurfaceRecord>& surfaces) {
    auto list = nlohmann::ordered_json::array();
    for (const SurfaceRecord& surface : surfaces)
        list.push_back({{"path", surface.path},
                        {"number", surface.number},
                        {"name", surface.name},
                        {"active", surface.active},
                        {"pid", surface.pid},
                        {"owner", surface.owner},
                        {"tracking_state", surface.tracking_state}});
    return list;
}

void print_surfaces(const std::vector<SurfaceRecord>& surfaces, std::ostream& out, const char* indent) {
    using enum Table::Align;
    if (surfaces.empty()) {
        out << indent << "no surface is open\n";
        return;
    }
    Table table({right, left, left, right, left, left});
    table.add({"#", "name", "shown", "pid", "owner", "tracking"});
    for (const SurfaceRecord& surface : surfaces)
        table.add({std::to_string(surface.number), surface.name, surface.active ? "yes" : "",
                   surface.pid == 0 ? "kept" : std::to_string(surface.pid), surface.owner,
                   surface.tracking_state});
    table.print(out, indent);
}

void add_surfaces(CLI::App& program, const Where& where) {
    auto* const list = program.add_subcommand("surfaces", "Lists the surfaces of the display");
    auto* const json = add_json(*list);
    list->callback([&where, json] {
        const auto surfaces = Daemon(where).surfaces();
        if (json->empty())
            print_surfaces(surfaces, std::cout, "");
        else
            std::cout << surfaces_json(surfaces).dump(2) << '\n';
    });

    const auto add = [&](const char* command, const char* description, void (*act)(SurfaceProxy&)) {
        auto* const subcommand = program.add_subcommand(command, description);
        auto* const which = subcommand->add_option("SURFACE", "its number, name or object path")->required();
        subcommand->callback([&where, which, act] {
            Daemon daemon(where);
            auto proxy = daemon.surface_proxy(daemon.surface(which->as<std::string>()));
            act(proxy);
        });
    };
    add("activate", "Shows a surface", [](SurfaceProxy& surface) { surface.Activate(); });
    add("close", "Closes a surface; its client keeps its memory",
        [](SurfaceProxy& surface) { surface.Close(); });
}

}  // namespace hvfbctl
