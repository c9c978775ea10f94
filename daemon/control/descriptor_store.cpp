#include "control/descriptor_store.h"

#include <fcntl.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>

#include "base/error.h"

namespace hvfbd {

DescriptorStore DescriptorStore::from_environment() {
    Legacy legacy;
    char** names = nullptr;
    int count = ::sd_listen_fds_with_names(1, &names);
    if (count < 0) throw_errno("take the descriptors of the service manager", -count);
    for (int i = 0; i < count; ++i) {
        legacy.add(names[i], Descriptor(SD_LISTEN_FDS_START + i));
        std::free(names[i]);
    }
    std::free(names);
    return {std::getenv("NOTIFY_SOCKET") != nullptr, std::move(legacy)};
}

void DescriptorStore::add(const Keepsake& keepsake) const {
    // FDPOLL=0: a channel that its client has closed, or the pidfd of one that died, is not to vanish from
    // the store. The next process hears of it all the same, and knows whose it was.
    std::string message = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + keepsake.name;
    if (there_) ::sd_pid_notify_with_fds(0, 0, message.c_str(), &keepsake.descriptor, 1);
}

void DescriptorStore::remove(const std::string& name) const {
    std::string message = "FDSTOREREMOVE=1\nFDNAME=" + name;
    if (there_) ::sd_notify(0, message.c_str());
}

}  // namespace hvfbd
