#include "tracking/mutation.h"

#ifdef HVFB_MUTATIONS
namespace hvfb {

std::atomic<Mutation> mutation = Mutation::none;
std::atomic<void (*)(HookPoint)> hook = nullptr;
std::optional<Prices> prices_instead;

}  // namespace hvfb
#endif
