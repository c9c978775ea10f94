#include "hvhost/command_line.h"

#include "hvhost/commands.h"

namespace hvhost {

CommandLine::CommandLine() {
    auto socket =
        program.option("--socket", options.socket, "Where guests connect: docs/simulated-uio.md").path();
    auto ivshmem =
        program.option("--ivshmem", options.ivshmem, "Where a QEMU connects, for its guest: docs/ivshmem.md")
            .path();
    ivshmem.excludes(socket);
    program.option("--control", options.control, "Where commands are taken, one a line").path();
    auto from_stdin = program.flag("--stdin", options.from_stdin,
                                   "Take commands from the standard input as well, and end with it");
    program.flag("--background", background, "Return when it listens, serve in the background, say nothing")
        .excludes(from_stdin);
    program.option("--like", like, "Which host to be").one_of({"openvmm", "windows"}).show_default();
    program.option("--hostile", seeds, "SEED or FIRST..LAST: mean ill, another way with each connection");
    program.option("--framebuffer-size", options.video_memory_size, "Bytes").show_default();
    program.option("--ring-size", options.ring_size, "Bytes of both rings together").show_default();
    program.option("--address", address, "Guest-physical address of the video memory")
        .excludes(ivshmem)
        .show_default();
    program.option("--monitor", options.monitor, "The channel has this bit in the monitor page")
        .within(0, 127)
        .excludes(ivshmem);
    program.option("--max-version", version, "Newest that is accepted; windows only; otherwise 3.5")
        .one_of({"3.5", "3.2"});
    program.option("--resolutions", resolutions, "WxH,...: what the host lists, its choice first");
    program.flag("--long-feature-change", options.host.long_feature_change, "Send the newer, longer kind");
    program.flag("--one-rectangle", options.host.one_rectangle, "Complain of DIRT with several rectangles");
    program.flag("!--no-acknowledge", options.host.acknowledges, "Never acknowledge a situation");
    program.flag("--quiet", options.quiet, "Say nothing of what happens");
    program.option("command", command, list_of_commands(true));
}

tools::CommandLineModel command_line_model() {
    return CommandLine().program.model();
}

}  // namespace hvhost
