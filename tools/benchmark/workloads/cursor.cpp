// A cursor that blinks in the middle of the screen, 16 by 16.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Cursor : public Workload {
  public:
    const char* name() const override { return "cursor"; }
    double frames_a_second() const override { return 2; }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        Box box{canvas.width / 2, canvas.height / 2, 16, 16};
        canvas.fill(box, frame % 2 != 0 ? 0xffffffff : 0xff000000);
        return {box};
    }
};

}  // namespace

std::unique_ptr<Workload> cursor() {
    return std::make_unique<Cursor>();
}

}  // namespace hvfbd::bench
