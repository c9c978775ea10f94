#include "tracking/mutation.h"

#ifdef HVFB_MUTATIONS
namespace hvfb {

Mutation mutation = Mutation::none;
void (*hook)(HookPoint) = nullptr;

}  // namespace hvfb
#endif
