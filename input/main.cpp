// hvfb-inputd: the keys and the pointer of viewers, as devices of the kernel.
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <utility>

#include "common/descriptor.h"
#include "common/ending_signals.h"
#include "common/standard_descriptors.h"
#include "input/command_line.h"
#include "input/kernel_devices.h"
#include "input/listening.h"
#include "input/server.h"

namespace {

void serve(const input::CommandLine& line) {
    const hvfbd::Descriptor signals = hvfbd::ending_signals();
    input::Listening listening =
        line.listen.empty() ? input::inherited_socket() : input::listen_on(line.listen);
    if (!listening.socket)
        throw std::runtime_error(
            "there is no socket for clients: \"systemctl start hvfb-inputd.socket\" makes one, or give "
            "--listen");
    input::KernelDevices devices;
    input::Server({line.most_clients, listening.path, listening.is_inherited}, std::move(listening.socket),
                  devices)
        .run(signals.get());
    if (!listening.is_inherited) ::unlink(listening.path.c_str());
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    hold_standard_descriptors();
    input::CommandLine line;
    if (const auto code = line.parse(argc, argv)) return *code;
    try {
        serve(line);
    } catch (const std::exception& error) {
        input::log(error.what());
        return 1;
    }
    return 0;
}
