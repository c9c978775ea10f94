// Draws on hvfbd as a program would, and says what became of it. tools/demo runs it.
#include <unistd.h>

#include <array>
#include <functional>
#include <iostream>

#include "common/command_line_parser.h"
#include "hvfbctl/bus.h"
#include "hvfbctl/table.h"
#include "measurement.h"
#include "scenes.h"

namespace {

using namespace hvfbd::demo;

struct Options {
    std::string bus, image, picture;
    bool stay = false;
};

// Until a signal ends the program: whoever started it looks at the screen meanwhile.
void stay() {
    for (;;) pause();
}

int show(const Options& options) {
    hvfbctl::Daemon daemon({options.bus, "display0"});
    Stage stage(options.bus.c_str());
    Canvas& canvas = stage.canvas();
    std::cout << "  " << canvas.width() << "x" << canvas.height()
              << ", stores noticed by: " << stage.tracking() << "\n"
              << std::flush;
    const hvfbd::Picture picture =
        options.image.empty() ? test_card(canvas.width(), canvas.height()) : hvfbd::read_png(options.image);

    std::optional<std::chrono::nanoseconds> latency;
    const std::array<std::pair<const char*, std::function<void()>>, 6> scenes = {{
        {"picture", [&] { show_picture(stage, picture); }},
        {"typing", [&] { type_text(stage); }},
        {"window", [&] { bounce_window(stage); }},
        {"scrolling", [&] { scroll_page(stage); }},
        {"lone stores", [&] { latency = store_alone(stage); }},
        {"rest", [&] { rest(stage); }},
    }};
    Measurement measurement(daemon, stage);
    for (const auto& [name, scene] : scenes) {
        // So that what the scene before set in motion has come to rest, on a busy machine as well where rest
        // is what is looked at.
        const bool resting = name == std::string_view("rest");
        stage.pause(std::chrono::milliseconds(resting ? 2000 : 700));
        measurement.start();
        scene();
        if (!resting && !stage.settle()) {
            std::cerr << "demo_client: " << name << ": what was drawn was not shown within a second\n";
            return 1;
        }
        measurement.stop(name);
    }
    std::cout << '\n';
    measurement.print(std::cout);
    std::cout << "\n  a lone store after rest is shown after "
              << (latency ? hvfbctl::duration(static_cast<double>(latency->count())) : "more than a second")
              << " (median of 7; SettleDelayUSec is "
              << hvfbctl::duration(static_cast<double>(daemon.display().SettleDelayUSec()) * 1000) << ")\n";
    if (!options.picture.empty()) hvfbd::write_png(options.picture, canvas.picture());
    std::cout << "drawn\n" << std::flush;
    if (options.stay) stay();
    return latency ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Options options;
        tools::CommandLineParser program("Draws a demonstration on hvfbd.", "demo_client");
        program.option("--bus", options.bus, "D-Bus address").required();
        program.option("--image", options.image, "PNG file to show first");
        program.option("--picture", options.picture, "where to write what was drawn, as a PNG file");
        program.flag("--stay", options.stay, "keep the surface open until a signal comes");
        if (const auto code = program.parse(argc, argv)) return *code;
        return show(options);
    } catch (const std::exception& error) {
        std::cerr << "demo_client: " << error.what() << '\n';
        return 1;
    }
}
