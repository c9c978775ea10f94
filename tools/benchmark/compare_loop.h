#pragma once

#include "copier.h"

namespace hvfbd::bench {

// What many programs do where nothing says what changed: twenty times a second all of the picture is compared
// with what was shown, and rows of pixels that differ are copied. It never rests, and no limit changes its
// rate.
class CompareLoop : public Contestant {
  public:
    CompareLoop(int width, int height);
    const char* name() const override { return "compare loop"; }
    const Canvas& canvas() const override { return copier_.canvas(); }
    void limit(unsigned) override {}
    void resume() override;
    void pause() override;
    Work work(bool) override { return copier_.work(); }

  private:
    bool present(Copier::Shared& shared) const;

    Copier copier_;
};

}  // namespace hvfbd::bench
