// A window of 200 by 200 that is moved over a picture.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Window : public Workload {
  public:
    const char* name() const override { return "window"; }
    double frames_a_second() const override { return 60; }
    void prepare(const Canvas& canvas) override {
        if (background_.empty()) {
            background_ = photograph(canvas.width, canvas.height, 0);
            window_ = photograph(canvas.width, canvas.height, 1);
        }
        canvas.copy(background_, {0, 0, canvas.width, canvas.height});
    }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        Box before = box_;
        canvas.copy(background_, before);
        auto step = static_cast<int>(frame % 100000);
        box_ = {step * 7 % (canvas.width - 200), step * 3 % (canvas.height - 200), 200, 200};
        canvas.copy(window_, box_);
        return {before, box_};
    }

  private:
    std::vector<std::uint32_t> background_, window_;
    Box box_{0, 0, 200, 200};
};

}  // namespace

std::unique_ptr<Workload> window() {
    return std::make_unique<Window>();
}

}  // namespace hvfbd::bench
