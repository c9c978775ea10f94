// What changes when the daemon gives this process a userfaultfd that it may not make itself.
#include <cstdio>

#include "tracking/grant.h"
#include "tracking/measure_prices.h"
#include "tracking/mutation.h"
#include "tracking/tracker.h"

namespace hvfb {

void Tracker::take_grant(const Descriptor& device, Nanoseconds now) {
    const bool scanned = capabilities().scan;
    const bool gained = wants_grant_ && device && protection_.gain(device);
    if (gained) {
        wants_grant_ = !capabilities().announce;
        granted_ = reports_ = true;
        name_it();
        if (!scanned && capabilities().scan)
            prices_ = priced(measure_prices(make_granted(device, Userfault::Kind::asynchronous)));
        if (debug_) std::fputs("hvfb: the daemon gave a full userfaultfd\n", stderr);
    }
    // Also where it was given once more: a process of the daemon may not know the answer to the one before.
    capabilities_owed_ = granted_;
    flush();
    if (gained) perform(policy_.gain(capabilities(), prices_, now));
}

bool Tracker::say_capabilities() {
    message::Packet packet;
    message::encode_capabilities(packet, capabilities());
    if (!sent(channel_.send(packet))) return false;
    capabilities_owed_ = false;
    return true;
}

}  // namespace hvfb
