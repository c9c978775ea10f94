#include "tracked.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "hvfbctl/tracker_time.h"
#include "processor_time.h"

namespace hvfbd::bench {

using namespace std::chrono_literals;

namespace {

constexpr const char* display_interface = "org.hvfbd.Framebuffer1.Display";

}  // namespace

Tracked::Tracked(const Options& options) : bus_(options.bus) {
    start(options);
    await_ready();
    hvfb_surface* surface = nullptr;
    hvfb_open_options open = open_options();
    if (int error = hvfb_surface_open(&surface, &open); error < 0)
        throw std::runtime_error(std::string("cannot open a surface: ") + std::strerror(-error));
    surface_.reset(surface);
    hvfb_layout layout{};
    hvfb_surface_layout(surface, &layout);
    canvas_ = {static_cast<std::uint32_t*>(hvfb_surface_pixels(surface)), static_cast<int>(layout.width),
               static_cast<int>(layout.height), static_cast<int>(layout.stride / 4)};
    settle();
}

Tracked::~Tracked() = default;

Tracked::Process::~Process() {
    if (pid > 0) {
        kill(pid, SIGCONT);
        kill(pid, SIGTERM);
        waitpid(pid, nullptr, 0);
    }
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
}

hvfb_open_options Tracked::open_options() const {
    hvfb_open_options options{};
    options.size = sizeof options;
    options.bus = bus_.c_str();
    options.name = "bench";
    return options;
}

void Tracked::start(const Options& options) {
    std::string folder = std::filesystem::temp_directory_path() / "hvfbd-bench-XXXXXX";
    if (!mkdtemp(folder.data())) throw std::system_error(errno, std::generic_category(), folder);
    daemon_process_.folder = folder;
    std::filesystem::create_directories(daemon_process_.folder / "etc/hvfbd");
    std::ofstream configuration(daemon_process_.folder / "etc/hvfbd/hvfbd.conf");
    if (!options.simulated.empty()) configuration << "[Output]\nUio=simulated:" << options.simulated << '\n';
    configuration.close();

    std::vector<std::string> words = {
        options.daemon,
        "--bus=" + options.bus,
        "--config-root=" + folder,
        options.simulated.empty() ? "--output=memory" : "--output=hyperv",
        "--mode=" + std::to_string(options.width) + "x" + std::to_string(options.height),
        "--log-level=warning"};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (int error =
            posix_spawn(&daemon_process_.pid, arguments[0], nullptr, nullptr, arguments.data(), environ);
        error != 0)
        throw std::system_error(error, std::generic_category(), options.daemon);
}

void Tracked::await_ready() {
    for (int tries = 0;; ++tries) {
        try {
            daemon_.emplace(hvfbctl::Where{bus_, "display0"});
            if (daemon_->display().Visible()) return;
        } catch (const std::runtime_error&) {  // not on the bus yet, or its display is not
            if (tries >= 200) throw;
        }
        if (tries >= 200) throw std::runtime_error("hvfbd's display does not become visible");
        std::this_thread::sleep_for(50ms);
    }
}

void Tracked::set_variant(const std::string& property, const sdbus::Variant& value) {
    daemon_->set(display_interface, property, value);
}

std::map<std::string, std::uint64_t> Tracked::statistics() {
    return daemon_->display().Statistics();
}

std::string Tracked::tracker_state() {
    return daemon_->surfaces().at(0).tracking_state;
}

Nanoseconds Tracked::time_at_rest() const {
    Nanoseconds time = processor_time_of(pid());
    for (int tries = 0; tries < 20; ++tries) {
        std::this_thread::sleep_for(5ms);
        Nanoseconds later = processor_time_of(pid());
        if (later == time) break;
        time = later;
    }
    return time;
}

Work Tracked::work(bool beginning) {
    Nanoseconds time = processor_time_of(pid());
    auto statistics = this->statistics();
    if (beginning) time = time_at_rest();
    return {.presents = statistics["frames"],
            .pixels_told = statistics["pixels_told"],
            .pixels_in_changed_tiles = statistics["pixels_in_changed_tiles"],
            .processor_time = time,
            .tracker_time = hvfbctl::tracker_time_of(static_cast<std::uint32_t>(getpid())).value_or(0),
            .wakeups = statistics["wakeups"],
            .compares = statistics["frames"] + statistics["empty_looks"],
            .pixels_compared = statistics["pixels_compared"],
            .comparing = statistics["compare_ns"],
            .reducing = statistics["reduce_ns"],
            .copying = statistics["copy_ns"],
            .presenting = statistics["present_ns"]};
}

void Tracked::prepared() {
    std::this_thread::sleep_for(5500ms);
}

void Tracked::settle() {
    std::uint64_t frame = 0;
    hvfb_surface_request_frame(surface_.get(), &frame);
    hvfb_surface_wait_frame(surface_.get(), frame, 2'000'000, nullptr);
}

void Tracked::signal(int number) const {
    kill(pid(), number);
}

}  // namespace hvfbd::bench
