#include "tracking/mutation.h"

#ifdef HVFB_MUTATIONS
namespace hvfb {

std::atomic<Mutation> mutation = Mutation::none;
std::atomic<void (*)(HookPoint)> hook = nullptr;

}  // namespace hvfb
#endif
