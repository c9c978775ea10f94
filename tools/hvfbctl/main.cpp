#include <cstdlib>
#include <iostream>

#include "commands.h"

namespace {

constexpr int failure = 1;
constexpr int usage = 2;

int run(int argc, char** argv) {
    hvfbctl::Where where;
    const char* const environment = std::getenv("HVFB_BUS");
    where.bus = environment != nullptr && *environment != '\0' ? environment : "system";

    CLI::App program("Looks at hvfbd, the framebuffer in user space, and tunes it.", "hvfbctl");
    program.option_defaults()->always_capture_default();
    program.add_option("--bus", where.bus, "system, session or a D-Bus address; $HVFB_BUS if not given");
    program.add_option("--display", where.display, "the display, as in its object path");
    program.set_version_flag("--version", std::string(HVFBD_VERSION));
    program.require_subcommand(1);
    // So that --bus and --display may also follow the command.
    program.fallthrough();
    hvfbctl::add_status(program, where);
    hvfbctl::add_top(program, where);
    hvfbctl::add_properties(program, where);
    hvfbctl::add_surfaces(program, where);
    hvfbctl::add_pictures(program, where);
    hvfbctl::add_control(program, where);
    hvfbctl::add_doctor(program, where);

    const auto complain = [](const std::string& sentence, int code) {
        std::cerr << "hvfbctl: " << sentence << '\n';
        return code;
    };
    try {
        // The commands run inside the parser.
        program.parse(argc, argv);
        std::cout.flush();
        return std::cout ? 0 : complain("write standard output: cannot", failure);
    } catch (const CLI::ParseError& error) {
        const int code = program.exit(error);
        return code == 0 ? 0 : usage;
    } catch (const hvfbctl::Failed&) {
        std::cout.flush();
        return failure;
    } catch (const hvfbctl::UsageError& error) {
        return complain(error.what(), usage);
    } catch (const sdbus::Error& error) {
        return complain(hvfbctl::explain(error, where), failure);
    } catch (const std::exception& error) {
        return complain(error.what(), failure);
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (...) {
        return failure;
    }
}
