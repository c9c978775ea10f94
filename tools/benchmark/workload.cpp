#include "workload.h"

#include "recording.h"

namespace hvfbd::bench {

std::vector<std::unique_ptr<Workload>> all_workloads(const std::filesystem::path& recordings) {
    std::vector<std::unique_ptr<Workload>> all;
    all.push_back(idle());
    all.push_back(cursor());
    all.push_back(typing());
    all.push_back(two_corners());
    all.push_back(window());
    all.push_back(noise());
    all.push_back(slideshow());
    all.push_back(scroll("scroll-20", 20));
    all.push_back(scroll("scroll-60", 60));
    all.push_back(video());
    all.push_back(recording("terminal", recordings / "terminal.rec"));
    all.push_back(recording("desktop", recordings / "desktop.rec"));
    return all;
}

}  // namespace hvfbd::bench
