// A screen full of text that scrolls by a line a frame, as a console does.
#include <cstring>

#include "workload.h"

namespace hvfbd::bench {

namespace {

constexpr int line = 16;

class Scroll : public Workload {
  public:
    Scroll(const char* name, double frames_a_second) : name_(name), frames_a_second_(frames_a_second) {}
    const char* name() const override { return name_; }
    double frames_a_second() const override { return frames_a_second_; }
    void prepare(const Canvas& canvas) override {
        Workload::prepare(canvas);
        for (int y = 0; y + line <= canvas.height; y += line) canvas.text_line(y, static_cast<unsigned>(y));
    }
    std::vector<Box> draw(const Canvas& canvas, unsigned frame) override {
        int lines = canvas.height / line;
        std::memmove(canvas.at(0, 0), canvas.at(0, line),
                     std::size_t{4} * static_cast<std::size_t>(canvas.stride * (lines - 1) * line));
        canvas.text_line((lines - 1) * line, 100000 + frame);
        return {{0, 0, canvas.width, lines * line}};
    }

  private:
    const char* name_;
    double frames_a_second_;
};

}  // namespace

std::unique_ptr<Workload> scroll(const char* name, double frames_a_second) {
    return std::make_unique<Scroll>(name, frames_a_second);
}

}  // namespace hvfbd::bench
