#include "compare_loop.h"

#include <csignal>
#include <cstring>

namespace hvfbd::bench {

CompareLoop::CompareLoop(int width, int height) : copier_(width, height, Copier::Waits::after_present) {
    copier_.start_loop(20, [this](Copier::Shared& shared) { return present(shared); });
    pause();
}

void CompareLoop::resume() {
    copier_.signal(SIGCONT);
}

void CompareLoop::pause() {
    copier_.signal(SIGSTOP);
}

bool CompareLoop::present(Copier::Shared& shared) const {
    const Canvas &from = copier_.canvas(), &to = copier_.scanout();
    const auto row = static_cast<std::size_t>(from.width) * 4;
    int first = from.height, last = -1;
    for (int y = 0; y < from.height; ++y) {
        if (std::memcmp(from.at(0, y), to.at(0, y), row) == 0) continue;
        std::memcpy(to.at(0, y), from.at(0, y), row);
        if (last < 0) first = y;
        last = y;
    }
    if (last < 0) return false;
    shared.pixels_told +=
        static_cast<std::uint64_t>(last - first + 1) * static_cast<std::uint64_t>(from.width);
    return true;
}

}  // namespace hvfbd::bench
