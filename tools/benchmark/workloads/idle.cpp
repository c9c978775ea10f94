// Nothing.
#include "workload.h"

namespace hvfbd::bench {

namespace {

class Idle : public Workload {
  public:
    const char* name() const override { return "idle"; }
    double frames_a_second() const override { return 10; }
    std::vector<Box> draw(const Canvas&, unsigned) override { return {}; }
};

}  // namespace

std::unique_ptr<Workload> idle() {
    return std::make_unique<Idle>();
}

}  // namespace hvfbd::bench
