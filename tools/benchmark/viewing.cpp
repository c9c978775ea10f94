#include "viewing.h"

#include <csignal>
#include <stdexcept>

#include "common/numbers.h"

namespace hvfbd::bench {

namespace {

constexpr int start_ms = 20'000, rest_of_picture_ms = 500;

}  // namespace

std::filesystem::path beside_this_program(const std::string& name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

Viewing::Viewing(const std::string& socket, const std::string& encoding)
    : program_({beside_this_program("hvfbd-bench-viewer"), socket, encoding}) {
    if (!program_.speaks(start_ms) || !next())
        throw std::runtime_error("a VNC viewer of " + socket + " got no picture");
    // The first one may come in parts.
    while (program_.speaks(rest_of_picture_ms) && next()) continue;
}

std::optional<Nanoseconds> Viewing::update(int timeout_ms) {
    return program_.speaks(timeout_ms) ? next() : std::nullopt;
}

int Viewing::forget() {
    int updates = 0;
    for (; program_.speaks(0); ++updates)
        if (!next()) throw std::runtime_error("a VNC server hung up");
    return updates;
}

void Viewing::stop() const {
    ::kill(program_.pid(), SIGSTOP);
}

std::optional<Nanoseconds> Viewing::next() {
    return whole_number<Nanoseconds>(program_.line());
}

}  // namespace hvfbd::bench
