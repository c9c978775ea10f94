#include "run/program/launch.h"

#include <hvfb/hvfb.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "run/keyboards/holder.h"
#include "run/keyboards/message.h"
#include "run/notify/start.h"
#include "run/program/executable.h"

namespace run {
namespace {

constexpr int unavailable = 69, not_executable = 126, not_found = 127;

int fails(int code, const std::string& sentence) {
    std::cerr << "hvfb-run: " << sentence << '\n';
    return code;
}

// Beside this program: in the build, and where both are installed.
std::string preload_library() {
    namespace fs = std::filesystem;
    std::error_code unknown;
    const fs::path here = fs::read_symlink("/proc/self/exe", unknown).parent_path();
    for (const char* const folder : {"../lib", HVFBD_FBDEV_FOLDER}) {
        const fs::path library = (here / folder / "libhvfb-fbdev.so").lexically_normal();
        if (fs::exists(library, unknown)) return library;
    }
    return {};
}

void tell(const char* name, const std::string& value) {
    if (value.empty())
        ::unsetenv(name);
    else
        ::setenv(name, value.c_str(), 1);
}

// The display that libhvfb will take. Nothing: there is one, and it is large enough. Otherwise what is wrong.
std::string wrong_with_display(const CommandLine& line) {
    char message[256] = "";
    hvfb_open_options options{};
    options.size = sizeof options;
    options.message = message;
    options.message_size = sizeof message;
    hvfb_display** displays = nullptr;
    int found = ::hvfb_displays_list(&displays, &options);
    if (found == -EHOSTUNREACH) {
        // Opening a surface starts the daemon where it is enabled. This one nobody sees.
        options.name = "hvfb-run";
        options.flags = HVFB_OPEN_BACKGROUND | HVFB_OPEN_UNTRACKED;
        hvfb_surface* surface = nullptr;
        found = ::hvfb_surface_open(&surface, &options);
        if (found < 0) return message;
        ::hvfb_surface_close(surface);
        options.name = nullptr;
        options.flags = 0;
        found = ::hvfb_displays_list(&displays, &options);
    }
    if (found < 0) return message;
    const char* const chosen = std::getenv("HVFB_DISPLAY");
    const std::string wanted = chosen && *chosen ? chosen : "display0";
    std::string wrong = "no display is called \"" + wanted + "\": see \"hvfbctl displays\"";
    for (hvfb_display** display = displays; *display; ++display) {
        if (wanted != (*display)->name) continue;
        wrong.clear();
        const auto geometry = read_geometry(line.geometry);
        if (geometry && (geometry->width > (*display)->width || geometry->height > (*display)->height))
            wrong = "--geometry=" + line.geometry + " is larger than " + wanted + ", which is " +
                    std::to_string((*display)->width) + 'x' + std::to_string((*display)->height);
    }
    ::hvfb_displays_free(displays);
    return wrong;
}

bool on_virtual_terminal() {
    vt_stat state;
    return ::ioctl(STDIN_FILENO, VT_GETSTATE, &state) == 0;
}

// The terminal that the program is started on; empty: none.
std::string own_terminal() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (const char* const name = ::ttyname(descriptor)) return name;
    return {};
}

std::string quoted(const std::string& name) {
    return '"' + name + '"';
}

std::string program_name(const CommandLine& line) {
    const std::string name = line.command.front();
    return name.substr(name.rfind('/') + 1);
}

std::string keyboards_for(const CommandLine& line) {
    const char* const bus = std::getenv("HVFB_BUS");
    const char* const display = std::getenv("HVFB_DISPLAY");
    return hold_keyboards({.bus = bus ? bus : "",
                           .display = display && *display ? display : "display0",
                           .explain = line.explain});
}

void load_before(const CommandLine& line, const std::string& library) {
    // What is kept is found by its name, also by another program of the same shell.
    tell("HVFB_RUN_NAME", line.name.empty() && line.keep ? program_name(line) : line.name);
    tell("HVFB_RUN_GEOMETRY", line.geometry);
    tell("HVFB_RUN_DEPTH", line.depth == "16" ? "16" : "");
    tell("HVFB_RUN_VT", line.terminal == "fake" || line.terminal == "auto" ? line.terminal : "");
    tell("HVFB_RUN_TERMINAL", line.terminal == "fake" ? own_terminal() : "");
    tell("HVFB_RUN_KEEP", line.keep ? "1" : "");
    tell(keyboard_socket_variable, line.grab ? keyboards_for(line) : "");
    tell("HVFB_RUN_EXPLAIN", line.explain ? "1" : "");
    const char* const others = std::getenv("LD_PRELOAD");
    tell("LD_PRELOAD", others && *others ? library + ':' + others : library);
}

void supervise(const CommandLine& line) {
    ScreenSettings settings;
    settings.name = line.name.empty() ? program_name(line) : line.name;
    if (const auto geometry = read_geometry(line.geometry)) {
        settings.width = geometry->width;
        settings.height = geometry->height;
        settings.scale = geometry->scale;
    }
    settings.bits = line.depth == "16" ? 16 : 32;
    settings.keep = line.keep;
    if (line.grab) settings.keyboards = keyboards_for(line);
    TerminalSettings terminals;
    if (line.terminal == "fake") terminals.own = own_terminal();
    terminals.which = line.terminal == "fake"   ? fbdev::Terminals::fake
                      : line.terminal == "auto" ? fbdev::Terminals::where_missing
                                                : fbdev::Terminals::kernels;
    be_supervised(settings, terminals, line.explain);
}

}  // namespace

int launch(const CommandLine& line) {
    const std::string name = line.command.front();
    const Found found = find_program(name);
    if (found.error == ENOENT) return fails(not_found, "no program " + quoted(name) + " was found");
    if (found.error != 0)
        return fails(not_executable, quoted(name) + " may not be executed: " + std::strerror(found.error));

    const Reach reach = reach_of(found.path);
    const bool preload = line.method == "preload" || (line.method == "auto" && reach.preload);
    if (preload && !reach.preload)
        return fails(not_executable, found.path + ' ' + reach.why + ": --method=preload does not reach it" +
                                         (reach.notify ? ", --method=notify does" : ""));
    if (!preload && !reach.notify)
        return fails(not_executable, found.path + ' ' + reach.why + ": no method reaches it");
    const std::string library = preload_library();
    if (preload && library.empty()) return fails(not_executable, "libhvfb-fbdev.so is not installed");
    if (preload && library.find_first_of(" :") != std::string::npos)
        return fails(not_executable,
                     quoted(library) +
                         " cannot be preloaded, since ld.so takes no path with a space or a colon: "
                         "--method=notify works");
    if (line.terminal == "real" && !on_virtual_terminal())
        return fails(not_executable,
                     "--vt=real: standard input is no virtual terminal. Start it on one, or with --vt=fake");

    if (line.grab)
        if (const std::string wrong = wrong_with_keyboards(); !wrong.empty())
            return fails(not_executable, wrong);

    tell("HVFB_BUS", !line.bus.empty() ? line.bus : std::getenv("HVFB_BUS") ? std::getenv("HVFB_BUS") : "");
    if (!line.display.empty()) tell("HVFB_DISPLAY", line.display);
    if (const std::string wrong = wrong_with_display(line); !wrong.empty()) return fails(unavailable, wrong);
    if (line.explain)
        std::cerr << "hvfb-run: method " << (preload ? "preload" : "notify") << ": " << found.path << ' '
                  << reach.why << '\n';
    if (preload)
        load_before(line, library);
    else
        supervise(line);

    std::vector<char*> arguments = line.command;
    arguments.push_back(nullptr);
    // A path with a slash in it: the shell starts what has no first line that names an interpreter.
    ::execvp(found.path.c_str(), arguments.data());
    const int error = errno;
    return fails(error == ENOENT ? not_found : not_executable, found.path + ": " + std::strerror(error));
}

}  // namespace run
