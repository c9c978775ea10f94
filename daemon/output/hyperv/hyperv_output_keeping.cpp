// What the session with the host leaves to the next process, and takes over from the one before.
#include <sys/epoll.h>

#include <algorithm>

#include "output/hyperv/hyperv_output.h"
#include "output/hyperv/kept_output.h"

namespace hvfbd::hyperv {

void HypervOutput::take_over(const OutputLegacy& legacy, Time now) {
    auto kept = decode_kept_output(legacy.state);
    if (!kept) return;
    connections_ = kept->connection;
    if (kept->descriptors == 0) return;
    if (go_on_with(*kept, legacy.descriptors, now)) {
        // The configuration may be another one by now.
        session_.wish(options_.session.mode);
        say_unfit();
        return;
    }
    // The device is closed by now, but not before the service manager has closed its duplicate: opened until
    // then it would be the same channel, on which the host expects no handshake.
    session_.closed(now);
}

bool HypervOutput::go_on_with(const KeptOutput& kept, Legacy& legacy, Time now) {
    std::vector<Descriptor> descriptors;
    for (std::size_t i = 0; i < kept.descriptors; ++i)
        descriptors.push_back(legacy.take(kept_device_name(connections_, i)));
    if (std::ranges::any_of(descriptors, [](const Descriptor& descriptor) { return !descriptor; }))
        return false;
    try {
        Connection connection(options_.session.timing.step);
        connection.device = port_->go_on(kept.device, std::move(descriptors));
        if (!connection.device) return false;
        connection.framebuffer = source_.open(*connection.device);
        connection.channel = std::make_unique<Channel>(*connection.device);
        if (connection.framebuffer.address != kept.vram_address ||
            connection.framebuffer.bytes.size() != kept.vram_size ||
            !session_.go_on(kept.session, kept.vram_address, kept.vram_size, now))
            return false;
        connection.watch = loop_.watch(connection.device->descriptor(), EPOLLIN,
                                       [this](std::uint32_t) { go_on(loop_.now()); });
        connection.channel->signal_once();
        frame_.fit(connection.channel->to_host_size());
        connection_ = std::move(connection);
        was_active_ = true;
        return true;
    } catch (const std::exception&) {
        // The device, or what maps it, is not as it was: opened again, it says what is the matter.
        return false;
    }
}

std::string HypervOutput::kept() const {
    KeptOutput kept;
    kept.connection = connections_;
    auto session = session_.kept();
    if (auto device = kept_device(); device && session) {
        kept.device = device->text;
        kept.descriptors = device->descriptors.size();
        kept.vram_address = connection_->framebuffer.address;
        kept.vram_size = connection_->framebuffer.bytes.size();
        kept.session = *session;
    }
    return encode_kept_output(kept);
}

void HypervOutput::add_keepsakes(std::vector<Keepsake>& keepsakes) const {
    auto device = kept_device();
    if (!device || !session_.kept()) return;
    for (std::size_t i = 0; i < device->descriptors.size(); ++i)
        keepsakes.push_back({kept_device_name(connections_, i), device->descriptors[i]});
}

std::optional<UioDevice::Kept> HypervOutput::kept_device() const {
    if (!connection_ || !connection_->channel || broken_) return std::nullopt;
    return connection_->device->kept();
}

}  // namespace hvfbd::hyperv
