// A fast typist: a letter after the other, line after line.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Typing : public Workload {
  public:
    const char* name() const override { return "typing"; }
    double frames_a_second() const override { return 20; }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        int columns = canvas.width / 8, letter = static_cast<int>(frame);
        Box box{letter % columns * 8, letter / columns % (canvas.height / 16) * 16, 8, 16};
        canvas.glyph(box.x, box.y, 1 + scramble(frame) % 95, 0xffc0c0c0);
        return {box};
    }
};

}  // namespace

std::unique_ptr<Workload> typing() {
    return std::make_unique<Typing>();
}

}  // namespace hvfbd::bench
