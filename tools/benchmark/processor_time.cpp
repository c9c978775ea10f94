#include "processor_time.h"

#include <sys/resource.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace hvfbd::bench {

namespace {

Nanoseconds read_clock(clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) < 0) return 0;
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
}

// The number behind `key` in a file of "key: number" lines.
std::uint64_t number_in(const std::filesystem::path& file, const std::string& key) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key)) return std::stoull(line.substr(key.size() + 1));
    return 0;
}

}  // namespace

Nanoseconds processor_time_of(pid_t process) {
    clockid_t clock = 0;
    if (int error = clock_getcpuclockid(process, &clock); error != 0)
        throw std::system_error(error, std::generic_category(), "processor time of a process");
    return read_clock(clock);
}

Nanoseconds processor_time_of_this_thread() {
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

std::uint64_t faults_of_this_thread() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::uint64_t>(usage.ru_minflt);
}

Switches switches_of(pid_t process, pid_t but_thread) {
    Switches all;
    std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
        if (but_thread != 0 && task.path().filename() == std::to_string(but_thread)) continue;
        all.voluntary += number_in(task.path() / "status", "voluntary_ctxt_switches");
        all.involuntary += number_in(task.path() / "status", "nonvoluntary_ctxt_switches");
        Nanoseconds running = 0;
        std::ifstream(task.path() / "schedstat") >> running;
        all.running += running;
    }
    return all;
}

std::uint64_t anonymous_memory_of(pid_t process) {
    return number_in("/proc/" + std::to_string(process) + "/status", "RssAnon");
}

}  // namespace hvfbd::bench
