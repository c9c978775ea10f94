#include <cstdlib>
#include <iostream>
#include <span>

#include "base/error.h"
#include "base/text.h"
#include "bus.h"
#include "command_line.h"
#include "common/standard_descriptors.h"
#include "for_caller.h"
#include "refusal.h"

namespace {

hvfbctl::ExitCode complain(const std::string& sentence, hvfbctl::ExitCode code) {
    using hvfbctl::for_caller;
    std::cerr << "hvfbctl: " << hvfbd::escaped(for_caller(sentence), "\n") << '\n';
    return code;
}

hvfbctl::ExitCode run(int argc, char** argv) {
    using namespace hvfbctl;
    Where where;
    const char* const environment = std::getenv("HVFB_BUS");
    where.bus = environment != nullptr && *environment != '\0' ? environment : "system";
    const char* const display = std::getenv("HVFB_DISPLAY");
    if (display != nullptr && *display != '\0') where.display = display;
    try {
        const ExitCode code = run_command_line(argc, argv, where);
        std::cout.flush();
        return std::cout ? code : complain("write standard output: cannot", failure);
    } catch (const UsageError& error) {
        return complain(error.what(), wrong_usage);
    } catch (const sdbus::Error& error) {
        const bool refused = error.getName() == "org.freedesktop.DBus.Error.AccessDenied";
        const std::span<char* const> words(argv + 1, argv + argc);
        return complain(refused ? refused_by_bus(words) : explain(error, where), failure);
    } catch (const std::exception& error) {
        return complain(error.what(), failure);
    }
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_descriptors();
    hvfbd::is_a_tool = true;
    try {
        return run(argc, argv);
    } catch (...) {
        return hvfbctl::failure;
    }
}
