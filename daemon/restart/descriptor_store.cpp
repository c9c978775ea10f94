#include "restart/descriptor_store.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "common/numbers.h"

namespace hvfbd {

DescriptorStore::DescriptorStore(bool there, RestoredDescriptors restored) : restored_(std::move(restored)) {
    const char* address = std::getenv("NOTIFY_SOCKET");
    if (!there || !address) return;
    try {
        notifier_ = Notifier(address);
    } catch (const std::system_error& error) {
        problem_ = error.what();
    }
    // systemd says it from version 254 on.
    if (const char* text = std::getenv("FDSTORE"))
        if (const auto most = whole_number<std::size_t>(text)) most_ = *most;
}

DescriptorStore DescriptorStore::from_environment() {
    RestoredDescriptors restored;
    char** names = nullptr;
    int count = ::sd_listen_fds_with_names(1, &names);
    if (count < 0) throw_errno("take the descriptors of the service manager", -count);
    for (int i = 0; i < count; ++i) {
        restored.add(names[i], Descriptor(SD_LISTEN_FDS_START + i));
        std::free(names[i]);
    }
    std::free(names);
    return {true, std::move(restored)};
}

}  // namespace hvfbd
