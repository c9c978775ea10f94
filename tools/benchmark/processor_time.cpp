#include "processor_time.h"

#include <sys/resource.h>

#include <ctime>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbd::bench {

namespace {

Nanoseconds read_clock(clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) < 0) return 0;
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
}

std::uint64_t number_at(std::string_view text, const std::filesystem::path& file) {
    const auto begin = text.find_first_not_of(" \t");
    const auto number = hvfbd::leading_number(begin == std::string_view::npos ? "" : text.substr(begin));
    if (!number) throw std::runtime_error(file.string() + " has no number where one is expected");
    return number->first;
}

// The number after `key` in a file of "key: number" lines.
std::uint64_t number_in(const std::filesystem::path& file, const std::string& key) {
    std::istringstream lines(hvfbd::read_regular_file(file, 65536));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key + ":")) return number_at(line.substr(key.size() + 1), file);
    throw std::runtime_error(file.string() + " has no line " + key);
}

void add_switches_of(const std::filesystem::path& task, Switches& all) {
    const auto voluntary = number_in(task / "status", "voluntary_ctxt_switches");
    const auto involuntary = number_in(task / "status", "nonvoluntary_ctxt_switches");
    const auto schedstat = task / "schedstat";
    all.running += number_at(hvfbd::read_regular_file(schedstat, 4096), schedstat);
    all.voluntary += voluntary;
    all.involuntary += involuntary;
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
    std::error_code error;
    const auto threads = hvfbd::entries_of(tasks, error);
    if (error) throw std::system_error(error, "list the threads of process " + std::to_string(process));
    for (const auto& task : threads) {
        if (but_thread != 0 && task.filename() == std::to_string(but_thread)) continue;
        try {
            add_switches_of(task, all);
        } catch (const std::system_error& ended) {
            // A thread may end while it is read.
            if (ended.code() != std::errc::no_such_file_or_directory &&
                ended.code() != std::errc::no_such_process)
                throw;
        }
    }
    return all;
}

std::uint64_t anonymous_memory_of(pid_t process) {
    return number_in("/proc/" + std::to_string(process) + "/status", "RssAnon");
}

}  // namespace hvfbd::bench
