#include "rest.h"

#include <chrono>
#include <thread>

#include "processor_time.h"
#include "verdict.h"

namespace hvfbd::bench {

AtRest watch_rest(std::initializer_list<pid_t> processes, double seconds) {
    // Over the idle time-out, and the last comparison of writes that land late.
    std::this_thread::sleep_for(std::chrono::seconds(6));
    const auto now = [&processes] {
        Switches all;
        for (const pid_t process : processes) {
            const Switches one = switches_of(process, 0);
            all.voluntary += one.voluntary;
            all.running += one.running;
        }
        return all;
    };
    const Switches before = now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const Switches after = now();
    return {static_cast<double>(after.voluntary - before.voluntary),
            static_cast<double>(after.running - before.running), "in " + figure(seconds) + " s"};
}

}  // namespace hvfbd::bench
