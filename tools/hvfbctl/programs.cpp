#include "programs.h"

#include <sys/stat.h>

#include <map>
#include <sstream>

#include "base/file_reading.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
namespace fs = std::filesystem;

// What /proc/PID/status says; empty where it cannot be read.
std::map<std::string, std::string> status_of(const fs::path& process) {
    constexpr std::size_t longest = 65536;
    std::map<std::string, std::string> values;
    try {
        std::istringstream lines(hvfbd::read_regular_file(process / "status", longest));
        for (std::string line; std::getline(lines, line);) {
            const auto colon = line.find(':'), begin = line.find_first_not_of(" \t", colon + 1);
            if (colon != std::string::npos && begin != std::string::npos)
                values[line.substr(0, colon)] = line.substr(begin);
        }
    } catch (const std::system_error&) {
        return {};  // it ended meanwhile, or /proc hides it
    }
    return values;
}

// The effective one, the second of four.
std::string user_of(const std::map<std::string, std::string>& status) {
    std::string real, effective;
    std::istringstream(status.at("Uid")) >> real >> effective;
    return effective;
}

bool dumpable(const fs::path& process, const std::string& user) {
    struct stat folder = {};
    // The kernel gives the folder of one that is not to root.
    return ::stat(process.c_str(), &folder) < 0 || std::to_string(folder.st_uid) == user;
}

Finding examine_program(const fs::path& root, const SurfaceRecord& surface) {
    const fs::path process = root / "proc" / std::to_string(surface.pid);
    const auto status = status_of(process);
    const std::string number = std::to_string(surface.pid);
    const std::string program = "process " + number + " of " + surface.name + " ";
    Finding finding = {Level::warn, "tracking of surface " + std::to_string(surface.number), "", ""};
    const auto says = [&](const char* key, const char* nothing) {
        const auto value = status.find(key);
        return value != status.end() && value->second != nothing;
    };
    if (says("TracerPid", "0")) {
        finding.sentence = program + "is traced by process " + status.at("TracerPid") +
                           ": no store of it may wait for the library";
        finding.mend =
            "end the debugger (process " + status.at("TracerPid") + ") and start the program again";
    } else if (status.contains("Uid") && !dumpable(process, user_of(status))) {
        finding.sentence = program +
                           "is not dumpable, because of file capabilities, another identity or "
                           "PR_SET_DUMPABLE: the kernel refuses it its own /proc/self/pagemap";
        finding.mend =
            "let the program call prctl(PR_SET_DUMPABLE, 1) before it opens a surface, or getcap its file "
            "and "
            "give it the capabilities otherwise (AmbientCapabilities=)";
    } else if (says("Seccomp", "0")) {
        finding.sentence = program + "has a filter of system calls, which may refuse what tracking needs";
        finding.mend =
            "let the filter allow userfaultfd, ioctl, ppoll and openat (SystemCallFilter=userfaultfd)";
    } else {
        finding.sentence = program + "is compared, even at rest; what was refused it knows itself";
        finding.mend = "start the program with HVFB_DEBUG=1, which says it on standard error";
    }
    return finding;
}

}  // namespace

std::vector<Finding> examine_programs(const fs::path& root, const std::vector<SurfaceRecord>& surfaces) {
    std::vector<Finding> findings;
    for (const SurfaceRecord& surface : surfaces)
        if (surface.pid != 0 && surface.tracking_state == "polled")
            findings.push_back(examine_program(root, surface));
    return findings;
}

}  // namespace hvfbctl
