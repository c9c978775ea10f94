// In a test with this, what a program stored is found because its tracker reported it, or not at all. A store
// that the tracker loses is then a difference that stays, where a late comparison would find it in the end.
#include "display/recheck.h"

namespace hvfbd::testing {
namespace {

// Before the first test makes a daemon's process.
[[maybe_unused]] const bool set = [] { return Recheck::in_use = false; }();

}  // namespace
}  // namespace hvfbd::testing
