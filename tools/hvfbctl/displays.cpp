#include <iostream>
#include <nlohmann/json.hpp>

#include "bus.h"
#include "commands.h"
#include "table.h"
#include "values.h"

namespace hvfbctl {

void list_displays(const Where& where, bool json) {
    const auto displays = Daemon(where).displays();
    if (json) {
        auto list = nlohmann::ordered_json::array();
        for (const DisplayRecord& display : displays)
            list.push_back({{"Name", display.name},
                            {"Output", display.output},
                            {"Width", display.width},
                            {"Height", display.height},
                            {"Visible", display.visible},
                            {"SurfaceCount", display.surfaces},
                            {"Problem", display.problem}});
        std::cout << as_text(list, 2) << '\n';
        return;
    }
    using enum Table::Align;
    Table table({left, left, right, left, right, left});
    table.add({"display", "output", "mode", "visible", "surfaces", "problem"});
    for (const DisplayRecord& display : displays)
        table.add({display.name, display.output,
                   std::to_string(display.width) + "x" + std::to_string(display.height),
                   display.visible ? "yes" : "no", std::to_string(display.surfaces), display.problem});
    table.print(std::cout, "");
}

}  // namespace hvfbctl
