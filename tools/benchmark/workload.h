#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "canvas.h"

namespace hvfbd::bench {

// Something that programs do with a screen.
class Workload {
  public:
    virtual ~Workload() = default;
    virtual const char* name() const = 0;
    virtual double frames_a_second() const = 0;
    // Of a whole round, for what means nothing in part; 0: as many as there is time for.
    virtual unsigned frames_a_round() const { return 0; }
    // The picture before the first frame.
    virtual void prepare(const Canvas& canvas) {
        canvas.fill({0, 0, canvas.width, canvas.height}, 0xff000000);
    }
    // Draws the frame by stores alone, and says where (for `floor` alone).
    virtual std::vector<Box> draw(const Canvas& canvas, unsigned frame) = 0;
};

std::unique_ptr<Workload> idle();
std::unique_ptr<Workload> cursor();
std::unique_ptr<Workload> typing();
std::unique_ptr<Workload> two_corners();
std::unique_ptr<Workload> scroll(const char* name, double frames_a_second);
std::unique_ptr<Workload> video();
std::unique_ptr<Workload> slideshow();
std::unique_ptr<Workload> window();
std::unique_ptr<Workload> noise();

// `recordings`: the folder of terminal.rec and desktop.rec. Throws std::runtime_error if they cannot be read.
std::vector<std::unique_ptr<Workload>> all_workloads(const std::filesystem::path& recordings);

}  // namespace hvfbd::bench
