#pragma once

#include "copier.h"

namespace hvfbd::bench {

// What the machine allows: the stores are not tracked, the copier knows by magic where they were, and
// copies just that, as often as hvfbd may: at once after rest, and an interval after its last copy.
class Floor : public Contestant {
  public:
    Floor(int width, int height);
    const char* name() const override { return "floor"; }
    const Canvas& canvas() const override { return copier_.canvas(); }
    void drawn(std::span<const Box> boxes) override;
    void limit(unsigned presents_a_second) override { copier_.limit(presents_a_second); }
    Work work(bool) override { return copier_.work(); }

  private:
    void present(Copier::Shared& shared) const;

    Copier copier_;
};

}  // namespace hvfbd::bench
