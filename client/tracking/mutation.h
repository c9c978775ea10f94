#pragma once

#include <atomic>
#include <optional>

#include "tracking/prices.h"

// Broken variants of the tracker, places where a test can make a store land, and prices of its own. They
// exist only in the build that the tests link; the installed library has none of this.
namespace hvfb {

enum class Mutation {
    none,
    no_whole_report_after_change,    // a change between synchronous, asynchronous and none is not reported
    report_before_protect,           // resting: what faults opened is reported, then protected
    protect_after_report_when_cold,  // scanning: what became cold is reported, then protected
};

enum class HookPoint {
    after_unprotect,  // a fault was served
    after_protect,    // and nothing was reported yet
    before_report,    // all is protected that will be
    after_report,     // with a mutation: and the protection comes only now
    before_switch,
    after_switch,
};

#ifdef HVFB_MUTATIONS
extern std::atomic<Mutation> mutation;
extern std::atomic<void (*)(HookPoint)> hook;
extern std::optional<Prices> prices_instead;  // before a surface is opened
inline bool mutated(Mutation which) {
    return mutation.load() == which;
}
inline void pass(HookPoint point) {
    if (auto* call = hook.load()) call(point);
}
inline Prices priced(const Prices& measured) {
    return prices_instead.value_or(measured);
}
#else
constexpr bool mutated(Mutation) {
    return false;
}
constexpr void pass(HookPoint) {}
constexpr Prices priced(const Prices& measured) {
    return measured;
}
#endif

}  // namespace hvfb
