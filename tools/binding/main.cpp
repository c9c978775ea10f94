#include <iostream>

#include "base/error.h"
#include "binding/binding.h"
#include "common/command_line_parser.h"
#include "common/standard_descriptors.h"

namespace {

constexpr int success = 0, failure = 1;

void print(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) std::cout << line << '\n';
}

int run(int argc, char** argv) {
    tools::CommandLineParser program(
        "Binds the synthetic video device of a Hyper-V guest to uio_hv_generic, where hvfbd can use it.",
        "hvfbd-bind");
    std::string root = "/";
    hvfbd::Binding::Options options;
    program.option("--root", root, "look in DIR/sys, DIR/proc, DIR/dev and DIR/run, and load no module")
        .existing_folder();
    auto bind = program.command("bind", "take the device from its driver");
    bind.flag(
        "--take-firmware-framebuffer", options.take_firmware_framebuffer,
        "also take the firmware's picture (simple-framebuffer, efi-framebuffer) from its driver. It is "
        "the same memory: what the console writes there spoils what hvfbd shows, and hvfbd cannot know. "
        "Without hvfbd nothing is shown then, until `release`");
    bind.flag("--force", options.force,
              "try although this kernel looks too old or is locked down, as where a distribution changed it, "
              "or Framebuffer=uio:NAME/MAP needs no /dev/mem");
    const auto release = program.command("release", "give back what bind took");
    program.command("status", "say who has the device; exit code 1 if it is not bound");
    if (const auto code = program.parse(argc, argv)) return *code;
    hvfbd::MachineControls controls(root == "/");
    hvfbd::Binding binding(root, controls);
    if (bind.given()) {
        print(binding.bind(options));
    } else if (release.given()) {
        print(binding.release());
    } else {
        const hvfbd::Binding::Status status = binding.status();
        print(status.lines);
        return status.bound ? success : failure;
    }
    return success;
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_descriptors();
    hvfbd::is_a_tool = true;
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "hvfbd-bind: " << error.what() << '\n';
    } catch (...) {
        std::cerr << "hvfbd-bind: failed\n";
    }
    return failure;
}
