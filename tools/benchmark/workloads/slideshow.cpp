// A whole new picture once a second.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Slideshow : public Workload {
  public:
    const char* name() const override { return "slideshow"; }
    double frames_a_second() const override { return 1; }
    void prepare(const Canvas& canvas) override {
        if (slides_.empty())
            for (unsigned i = 0; i < 2; ++i) slides_.push_back(photograph(canvas.width, canvas.height, i));
    }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        Box all{0, 0, canvas.width, canvas.height};
        canvas.copy(slides_[frame % 2], all);
        return {all};
    }

  private:
    std::vector<std::vector<std::uint32_t>> slides_;
};

}  // namespace

std::unique_ptr<Workload> slideshow() {
    return std::make_unique<Slideshow>();
}

}  // namespace hvfbd::bench
