#include "run/tracking/births.h"

namespace run {
namespace {

using namespace std::chrono_literals;

// It is a child some microseconds after it has its number; longer where others have the processor.
constexpr auto longest_birth = 1s, between_compares = 1s;
constexpr auto between_looks = 100ms;

}  // namespace

void Births::heard(pid_t newest, Time now) {
    if (newest_ == newest) return;
    owed_ = newest_.has_value();
    newest_ = newest;
    until_ = now + longest_birth;
}

bool Births::due(Time now) {
    if (!expected(now) || now - looked_ < between_looks) return false;
    looked_ = now;
    return true;
}

bool Births::owed(Time now) {
    if (!owed_ || now - compared_ < between_compares) return false;
    // What is begun still is owed the next time.
    owed_ = expected(now);
    compared_ = now;
    return true;
}

}  // namespace run
