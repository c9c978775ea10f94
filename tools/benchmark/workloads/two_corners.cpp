// Two small boxes as far from each other as can be: what one bounding box serves worst.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class TwoCorners : public Workload {
  public:
    const char* name() const override { return "two-corners"; }
    double frames_a_second() const override { return 60; }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        Box first{0, 0, 16, 16}, second{canvas.width - 16, canvas.height - 16, 16, 16};
        canvas.fill(first, 0xff000000 | frame * 77);
        canvas.fill(second, 0xff000000 | frame * 99);
        return {first, second};
    }
};

}  // namespace

std::unique_ptr<Workload> two_corners() {
    return std::make_unique<TwoCorners>();
}

}  // namespace hvfbd::bench
