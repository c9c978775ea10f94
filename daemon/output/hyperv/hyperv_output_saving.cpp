// Saves the session with the host for the next process, and restores that of the process before.
#include <sys/epoll.h>

#include <algorithm>

#include "output/hyperv/hyperv_output.h"
#include "output/hyperv/saved_output.h"

namespace hvfbd::hyperv {

void HypervOutput::restore(const RestoredOutput& restored, Time now) {
    auto saved = decode_saved_output(restored.state);
    if (!saved) return;
    connections_ = saved->connection;
    if (saved->descriptors == 0) return;
    if (restore_session(*saved, restored.descriptors, now)) {
        // The configuration may be another one by now.
        session_.wish(options_.session.mode);
        say_unfit();
        return;
    }
    // The device is closed by now, but not before the service manager has closed its duplicate: opened until
    // then it would be the same channel, on which the host expects no handshake.
    session_.closed(now);
}

bool HypervOutput::restore_session(const SavedOutput& saved, RestoredDescriptors& restored, Time now) {
    std::vector<Descriptor> descriptors;
    for (std::size_t i = 0; i < saved.descriptors; ++i)
        descriptors.push_back(restored.take(stored_device_name(connections_, i)));
    if (std::ranges::any_of(descriptors, [](const Descriptor& descriptor) { return !descriptor; }))
        return false;
    try {
        Connection connection(options_.session.timing.step);
        connection.device = port_->restore(saved.device, std::move(descriptors));
        if (!connection.device) return false;
        connection.framebuffer = source_.open(*connection.device);
        connection.channel = std::make_unique<Channel>(*connection.device);
        if (connection.framebuffer.address != saved.vram_address ||
            connection.framebuffer.bytes.size() != saved.vram_size ||
            !session_.restore(saved.session, saved.vram_size, now))
            return false;
        connection.watch = loop_.watch(connection.device->descriptor(), EPOLLIN,
                                       [this](std::uint32_t) { update(loop_.now()); });
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

std::string HypervOutput::save() const {
    SavedOutput saved;
    saved.connection = connections_;
    auto session = session_.save();
    if (auto device = saved_device(); device && session) {
        saved.device = device->text;
        saved.descriptors = device->descriptors.size();
        saved.vram_address = connection_->framebuffer.address;
        saved.vram_size = connection_->framebuffer.bytes.size();
        saved.session = *session;
    }
    return encode_saved_output(saved);
}

void HypervOutput::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    auto device = saved_device();
    if (!device || !session_.save()) return;
    for (std::size_t i = 0; i < device->descriptors.size(); ++i)
        stored_descriptors.push_back({stored_device_name(connections_, i), device->descriptors[i]});
}

std::optional<UioDevice::Saved> HypervOutput::saved_device() const {
    if (!connection_ || !connection_->channel || broken_) return std::nullopt;
    return connection_->device->save();
}

}  // namespace hvfbd::hyperv
