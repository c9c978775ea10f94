#pragma once

#include "console/console.h"
#include "console/surface_screen.h"

namespace console {

struct ServiceOptions {
    SurfaceOptions surface;
    Appearance appearance;
    std::string font;
    std::string control;  // the socket of ScrollControl; empty: none
    std::string input;    // the socket of TypingClients; empty: nobody types
};

// Shows the foreground terminal until SIGTERM, SIGINT or SIGHUP. Throws std::exception for what waiting does
// not mend.
void serve(const ServiceOptions& options);

}  // namespace console
