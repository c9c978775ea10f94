#pragma once

#include "copier.h"
#include "tracking/pagemap.h"
#include "tracking/userfault.h"

namespace hvfbd::bench {

// The algorithm of the 2019 driver (hyperv_fb: Support deferred IO) as a model: a fault for each page first
// written in an interval, by asynchronous write-protection in the place of page_mkwrite; an interval after
// the first of them the list of pages is taken, they are copied whole, and one band of full rows from the
// first to the last is submitted. (Of its drawing calls, which merged their rectangles into one, no workload
// makes use.)
class Reference : public Contestant {
  public:
    // Throws std::system_error where the kernel cannot write-protect asynchronously.
    Reference(int width, int height);
    const char* name() const override { return "reference"; }
    const Canvas& canvas() const override { return copier_.canvas(); }
    // In the kernel the fault itself starts the delayed work: this takes none of the drawing's time.
    void drawn(std::span<const Box> boxes) override {
        if (!boxes.empty()) copier_.kick();
    }
    void limit(unsigned presents_a_second) override { copier_.limit(presents_a_second); }
    Work work(bool) override { return copier_.work(); }
    // What a store costs that is the first in its page since the page was protected: processor time.
    double fault_us();
    // See Copier.
    void measure_latency() { copier_.measure_latency(); }
    bool wait_until_presented(int timeout_ms) { return copier_.wait_until_presented(timeout_ms); }

  private:
    void present(Copier::Shared& shared);

    Copier copier_;
    std::optional<hvfb::Userfault> userfault_;
    std::optional<hvfb::Pagemap> pagemap_;
};

}  // namespace hvfbd::bench
