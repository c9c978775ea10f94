// Single pixels anywhere: what tracking by pages serves worst.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Noise : public Workload {
  public:
    const char* name() const override { return "noise"; }
    double frames_a_second() const override { return 100; }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        auto x = static_cast<int>(scramble(2 * frame) % static_cast<unsigned>(canvas.width));
        auto y = static_cast<int>(scramble(2 * frame + 1) % static_cast<unsigned>(canvas.height));
        *canvas.at(x, y) = 0xff000000 | scramble(frame);
        return {{x, y, 1, 1}};
    }
};

}  // namespace

std::unique_ptr<Workload> noise() {
    return std::make_unique<Noise>();
}

}  // namespace hvfbd::bench
