#include "vnc_rows.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "hvfbctl/tracker_time.h"
#include "match.h"
#include "picture_file.h"
#include "processor_time.h"
#include "program.h"
#include "rest.h"
#include "server_socket.h"
#include "viewing.h"
#include "workload.h"
#include "x11vnc_server.h"

namespace hvfbd::bench {
namespace {

using namespace std::chrono_literals;

constexpr unsigned rate = 20;
constexpr int box = 16, update_ms = 10'000;

// Of milliseconds a second.
double ms_a_second(Nanoseconds time, double seconds) {
    return static_cast<double>(time) / 1e6 / seconds;
}

class Folder {
  public:
    Folder() {
        std::string folder = std::filesystem::temp_directory_path() / "hvfbd-bench-vnc-XXXXXX";
        if (!::mkdtemp(folder.data())) throw std::system_error(errno, std::generic_category(), folder);
        path_ = folder;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

// Small changes on a picture, each elsewhere and in another colour.
class SmallChange {
  public:
    explicit SmallChange(const Canvas& canvas) : canvas_(canvas), random_(series++) {}
    void draw() {
        const int x = static_cast<int>(random_() % static_cast<unsigned>(canvas_.width - box)),
                  y = static_cast<int>(random_() % static_cast<unsigned>(canvas_.height - box));
        const std::uint32_t pixel = 0xff000000U | static_cast<std::uint32_t>(random_());
        // Nobody is told of what was there already, and what that costs is the cost of nothing.
        if (*canvas_.at(x, y) == pixel) throw std::logic_error("a change that changes nothing");
        canvas_.fill({x, y, box, box}, pixel);
    }

  private:
    Canvas canvas_;
    std::mt19937 random_;
    // The same numbers again would draw what is there already.
    static inline unsigned series = 14;
};

// How long it was drawn, and what came meanwhile.
struct Drawn {
    double seconds;
    int updates;
};

// At the rate.
Drawn draw_at_rate(const std::function<void()>& draw, double seconds, Viewing& viewing) {
    const Nanoseconds began = monotonic_now(), period = 1'000'000'000 / rate;
    Nanoseconds next = began;
    int updates = 0;
    for (const Nanoseconds end = began + static_cast<Nanoseconds>(seconds * 1e9); next < end;
         next += period) {
        sleep_until(next);
        draw();
        updates += viewing.forget();
    }
    sleep_until(next);
    updates += viewing.forget();
    return {static_cast<double>(monotonic_now() - began) / 1e9, updates};
}

// Milliseconds a second of what makes a picture of what was drawn and sends it, and the updates that came.
struct Cost {
    double server = 0, rest = 0, updates = 0;  // rest: of the daemon and of the thread that tracks
    double all() const { return server + rest; }
};

struct Rounds {
    double seconds;
    int count;
};

// Medians of rounds, the first of which does not count. `rest` is the processor time of who helps the server.
Cost cost_of(pid_t server, const std::function<Nanoseconds()>& rest, Viewing viewing,
             const std::function<void()>& draw, Rounds rounds) {
    draw_at_rate(draw, 1, viewing);
    std::vector<double> of_server, of_rest, updates;
    for (int round = 0; round < rounds.count; ++round) {
        const Nanoseconds server_before = processor_time_of(server), before = rest();
        const Drawn drawn = draw_at_rate(draw, rounds.seconds, viewing);
        of_server.push_back(ms_a_second(processor_time_of(server) - server_before, drawn.seconds));
        of_rest.push_back(ms_a_second(rest() - before, drawn.seconds));
        updates.push_back(drawn.updates / drawn.seconds);
    }
    return {quantile(of_server, 0.5), quantile(of_rest, 0.5), quantile(updates, 0.5)};
}

class Measuring {
  public:
    Measuring(const Program& server, Tracked& tracked, std::string socket, Rounds rounds)
        : server_(server), tracked_(tracked), socket_(std::move(socket)), rounds_(rounds) {}

    std::vector<Verdict> idle(double seconds) const {
        Viewing viewing(socket_, "hextile");
        const AtRest rest = watch_rest({tracked_.pid(), server_.pid()}, seconds);
        return {{"14a", "hvfb-vnc, a client and nothing drawn: context switches of server and daemon",
                 rest.switches, 0, "", rest.during},
                {"14b", "hvfb-vnc, a client and nothing drawn: CPU time of the same", rest.running_ns, 0,
                 "ns", rest.during}};
    }

    Cost small_changes(const std::string& encoding) const {
        SmallChange change(tracked_.canvas());
        return cost(encoding, [&] { change.draw(); });
    }

    Cost whole_pictures(const std::string& encoding) const {
        const std::unique_ptr<Workload> workload = video();
        workload->prepare(tracked_.canvas());
        unsigned frame = 0;
        return cost(encoding, [&] { workload->draw(tracked_.canvas(), frame++); });
    }

    Verdict latency(int changes) const {
        Viewing viewing(socket_, "hextile");
        SmallChange change(tracked_.canvas());
        std::mt19937 random(3);
        std::vector<double> told;
        for (int i = 0; i < changes; ++i) {
            // At rest again, and not in step with anything.
            std::this_thread::sleep_for(300ms + std::chrono::milliseconds(random() % 50));
            viewing.forget();
            const Nanoseconds began = monotonic_now();
            change.draw();
            const auto came = viewing.update(update_ms);
            if (!came) throw std::runtime_error("a change did not come to the VNC client in ten seconds");
            told.push_back(static_cast<double>(*came - began) / 1e6);
        }
        return {"14f",
                "hvfb-vnc: 16x16 pixels after rest until they are in the client's picture",
                quantile(told, 0.5),
                15,
                "ms",
                "median of " + std::to_string(changes) + "; longest " + figure(quantile(told, 1)) + " ms"};
    }

    // As a client whose window is minimized: it asks for nothing.
    Verdict hidden(double seconds) const {
        Viewing viewing(socket_, "hextile");
        SmallChange change(tracked_.canvas());
        viewing.stop();
        const auto draw = [&](double during) {
            const Nanoseconds end = monotonic_now() + static_cast<Nanoseconds>(during * 1e9);
            for (; monotonic_now() < end; std::this_thread::sleep_for(1s / double{rate})) change.draw();
        };
        // It had asked for one update, and nobody looks two seconds after that.
        draw(4);
        const Switches before = switches_of(server_.pid(), 0);
        draw(seconds);
        const Switches after = switches_of(server_.pid(), 0);
        return {"14g",
                "hvfb-vnc, a client that asks for nothing, 16x16 at 20 Hz: context switches of the server",
                static_cast<double>(after.voluntary - before.voluntary),
                0,
                "",
                "in " + figure(seconds) + " s"};
    }

  private:
    Nanoseconds rest_of_time() const {
        return processor_time_of(tracked_.pid()) +
               hvfbctl::tracker_time_of(static_cast<std::uint32_t>(::getpid())).value_or(0);
    }

    Cost cost(const std::string& encoding, const std::function<void()>& draw) const {
        return cost_of(
            server_.pid(), [this] { return rest_of_time(); }, Viewing(socket_, encoding), draw, rounds_);
    }

    const Program& server_;
    Tracked& tracked_;
    std::string socket_;
    Rounds rounds_;
};

Nanoseconds nobody() {
    return 0;
}

Cost small_changes_by_x11vnc(const X11vncServer& server, const std::string& encoding, Rounds rounds) {
    SmallChange change(server.canvas());
    return cost_of(
        server.pid(), nobody, Viewing(server.socket(), encoding), [&] { change.draw(); }, rounds);
}

// By libvncserver and nothing else, which is told that all of the picture has changed.
Cost whole_pictures_by_the_library(const Canvas& like, Rounds rounds) {
    const PictureFile picture(like.width, like.height);
    const Program server({beside_this_program("hvfbd-bench-library"), picture.path(),
                          std::to_string(like.width), std::to_string(like.height), picture.beside("vnc"),
                          std::to_string(rate)});
    // One client at a time: who asks whether it serves is one.
    const std::unique_ptr<Workload> workload = video();
    workload->prepare(picture.canvas());
    await_server(picture.beside("vnc"));
    unsigned frame = 0;
    return cost_of(
        server.pid(), nobody, Viewing(picture.beside("vnc"), "hextile"),
        [&] { workload->draw(picture.canvas(), frame++); }, rounds);
}

std::string told(const Cost& cost) {
    return "server " + figure(cost.server) + ", daemon and tracking " + figure(cost.rest) + " ms/s, " +
           figure(cost.updates) + " updates/s";
}

}  // namespace

std::vector<Verdict> vnc_rows(const std::string& program, Tracked& tracked, const MatchOptions& match,
                              int changes, double rest_seconds) {
    const Rounds rounds{match.seconds_a_round, match.rounds};
    const Folder folder;
    const std::string socket = folder.file("socket");
    tracked.limit(rate);
    const Program server({program, std::string("--bus=") + tracked.open_options().bus, "--listen=" + socket});
    await_server(socket);
    const Measuring measuring(server, tracked, socket, rounds);
    std::vector<Verdict> verdicts = measuring.idle(rest_seconds);
    const Cost small = measuring.small_changes("hextile"), whole = measuring.whole_pictures("hextile"),
               by_library = whole_pictures_by_the_library(tracked.canvas(), rounds);
    verdicts.push_back({"14c", "hvfb-vnc, hextile, 16x16 at 20 Hz: CPU time of the server a second",
                        small.server, 5, "ms", told(small)});
    verdicts.push_back({"14d",
                        "hvfb-vnc, hextile, the whole picture at 20 Hz: CPU time of the server a second",
                        whole.server, 130, "ms", told(whole)});
    verdicts.push_back({"14h", "hvfb-vnc / libvncserver alone, hextile, the whole picture at 20 Hz",
                        whole.server / by_library.server, 1.1, "",
                        told(whole) + " / " + figure(by_library.server) + " ms/s, " +
                            figure(by_library.updates) + " updates/s"});
    verdicts.push_back(measuring.latency(changes));
    verdicts.push_back(measuring.hidden(std::min(rest_seconds, 10.0)));
    try {
        const X11vncServer other(tracked.canvas().width, tracked.canvas().height);
        await_server(other.socket());
        for (const std::string encoding : {"tight", "zrle"}) {
            const Cost own = measuring.small_changes(encoding);
            const Cost others = small_changes_by_x11vnc(other, encoding, rounds);
            verdicts.push_back(
                {"14e", "hvfb-vnc, daemon and tracking / x11vnc -rawfb, " + encoding + ", 16x16 at 20 Hz",
                 own.all() / others.all(), 0.2, "",
                 told(own) + " / " + figure(others.server) + " ms/s, " + figure(others.updates) +
                     " updates/s"});
        }
    } catch (const std::system_error& error) {
        std::cerr << "bench: no row 14e: " << error.what() << '\n';
    }
    return verdicts;
}

}  // namespace hvfbd::bench
