// Every pixel of every frame is another.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Video : public Workload {
  public:
    const char* name() const override { return "video-60"; }
    double frames_a_second() const override { return 60; }
    void prepare(const Canvas& canvas) override {
        if (frames_.empty())
            for (unsigned i = 0; i < 4; ++i) frames_.push_back(photograph(canvas.width, canvas.height, i));
    }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        Box all{0, 0, canvas.width, canvas.height};
        canvas.copy(frames_[frame % 4], all);
        return {all};
    }

  private:
    std::vector<std::vector<std::uint32_t>> frames_;
};

}  // namespace

std::unique_ptr<Workload> video() {
    return std::make_unique<Video>();
}

}  // namespace hvfbd::bench
