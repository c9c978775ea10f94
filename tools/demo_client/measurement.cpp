#include "measurement.h"

#include <algorithm>
#include <cmath>

namespace hvfbd::demo {

using hvfbctl::grouped;
using hvfbctl::Table;

Measurement::Measurement(hvfbctl::Daemon& daemon, Stage& stage) : daemon_(daemon), stage_(stage) {
    // Reading the counters wakes the daemon too; that is not the scene's.
    stage_.pause(std::chrono::milliseconds(700));
    const std::uint64_t first = read().wakeups;
    wakeups_of_reading_ = read().wakeups - first;
}

Measurement::Counts Measurement::read() {
    auto statistics = daemon_.display().Statistics();
    return {
        statistics["frames"],      stage_.canvas().drawn(),
        statistics["pixels_told"], statistics["rectangles"],
        statistics["wakeups"],     std::chrono::duration<double>(Clock::now().time_since_epoch()).count()};
}

void Measurement::start() {
    before_ = read();
}

void Measurement::stop(const std::string& scene) {
    const Counts now = read();
    const std::uint64_t woken = now.wakeups - before_.wakeups;
    // On a busy machine a question may take the daemon a dispatch more: asked once more, it says what it
    // takes now.
    const std::uint64_t of_reading = std::max(wakeups_of_reading_, read().wakeups - now.wakeups);
    scenes_.emplace_back(scene, Counts{now.frames - before_.frames, now.drawn - before_.drawn,
                                       now.told - before_.told, now.rectangles - before_.rectangles,
                                       woken - std::min(woken, of_reading), now.seconds - before_.seconds});
}

void Measurement::print(std::ostream& out) const {
    using enum Table::Align;
    Table table({left, right, right, right, right, right, right});
    table.add({"", "seconds", "frames", "pixels drawn", "pixels sent", "rectangles", "wake-ups"});
    const auto add = [&table](const std::string& name, const Counts& counts) {
        const auto tenths = std::lround(counts.seconds * 10);
        table.add({name, std::to_string(tenths / 10) + "." + std::to_string(tenths % 10),
                   grouped(counts.frames), grouped(counts.drawn), grouped(counts.told),
                   grouped(counts.rectangles), grouped(counts.wakeups)});
    };
    Counts all;
    for (const auto& [name, counts] : scenes_) {
        add(name, counts);
        all.frames += counts.frames;
        all.drawn += counts.drawn;
        all.told += counts.told;
        all.rectangles += counts.rectangles;
        all.wakeups += counts.wakeups;
        all.seconds += counts.seconds;
    }
    add("in all", all);
    table.print(out, "  ");
}

}  // namespace hvfbd::demo
