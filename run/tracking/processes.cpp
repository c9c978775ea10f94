#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/numbers.h"
#include "run/tracking/births.h"

namespace run {

Newest::Newest() : file_(::open("/proc/loadavg", O_RDONLY | O_CLOEXEC)) {}

std::optional<pid_t> Newest::process() const {
    // THREE AVERAGES RUNNABLE/ALL NEWEST
    char text[128];
    const ssize_t length = ::pread(file_.get(), text, sizeof text, 0);
    if (length <= 0) return {};
    std::string_view line(text, static_cast<std::size_t>(length));
    line = line.substr(0, line.find('\n'));
    return hvfbd::whole_number<pid_t>(line.substr(std::min(line.rfind(' ') + 1, line.size())));
}

std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> children;
    std::error_code ended;
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", ended)) {
        std::ifstream list(thread.path() / "children");
        for (pid_t child = 0; list >> child;) children.push_back(child);
    }
    return children;
}

std::uint64_t work_of_ended_children(pid_t process) {
    // PID (NAME) STATE and ten numbers of which the eighth is the children's faults: a name may have anything
    // in it.
    std::string line;
    std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), line);
    std::istringstream words(line.substr(std::min(line.rfind(')') + 1, line.size())));
    std::string state;
    std::int64_t number = 0;
    words >> state;
    for (int i = 0; i < 8; ++i) words >> number;
    return static_cast<std::uint64_t>(number);
}

std::vector<pid_t> all_processes() {
    std::vector<pid_t> processes;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", none))
        if (const auto process = hvfbd::whole_number<pid_t>(entry.path().filename().string()))
            processes.push_back(*process);
    return processes;
}

}  // namespace run
