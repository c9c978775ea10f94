#include "hvhost/host.h"

#include <algorithm>

namespace hvhost {

using namespace wire;

Host::Host(Options options, std::span<std::byte> video_memory, Listener& listener, Mischief* mischief)
    : options_(std::move(options)), memory_(video_memory), listener_(listener), mischief_(mischief) {}

void Host::opened(std::span<std::byte> rings, std::uint64_t address, Time now) {
    rings_.emplace(rings);
    address_ = address;
    status_.state = State::version;
    status_.situated = false;
    ++status_.sessions;
    vram_is_ours_ = false;
    guest_knows_hidden_ = false;
    guest_ring_spoiled_ = false;
    waiting_.clear();
    window_.forget();
    listener_.said("opened");
    if (mischief_) mischief_->opened(*this);
    if (rings_) drain(now);
}

void Host::closed() {
    rings_.reset();
    waiting_.clear();
    status_.state = State::closed;
    listener_.said("closed");
}

std::optional<Time> Host::wake_at() const {
    std::optional<Time> at = vnc_client_.wake_at();
    if (mischief_ && rings_)
        if (auto other = mischief_->wake_at(); other && (!at || *other < *at)) at = other;
    return at;
}

void Host::tick(Time now) {
    vnc_client_.tick(now);
    if (!mischief_ || !rings_) return;
    // The guest's signal may never come: what asked for it may have been spoilt.
    if (!waiting_.empty()) drain(now);
    if (rings_) mischief_->tick(*this, now);
}

void Host::doorbell(Time now) {
    ++status_.doorbells;
    // Hosts may take signals for nothing as an attack.
    if (rings_ && !stalled_ && rings_->empty() && !rings_->waits_for_room()) ++status_.needless_doorbells;
    drain(now);
}

void Host::stall(bool stalled, Time now) {
    stalled_ = stalled;
    drain(now);
}

void Host::drain(Time now) {
    if (!rings_ || stalled_ || status_.state == State::dead) return;
    put_waiting();
    // Asked before the ring is emptied: whatever the guest sent before it took the message lies there by now.
    bool guest_knew = !status_.shown && waiting_.empty() && rings_ && rings_->all_taken();
    Rings::Packet packet;
    while (rings_ && status_.state != State::dead && waiting_.empty()) {
        Rings::Taken taken = rings_->take(packet);
        if (taken == Rings::Taken::corrupt) return refuse_garbage("the ring is corrupt");
        if (taken == Rings::Taken::masked) return refuse_garbage("the guest has masked the ring to the host");
        if (taken == Rings::Taken::none) break;
        if (const char* wrong = wrong_with(packet)) return refuse_garbage(wrong);
        if (rings_->done()) interrupt();
        take(packet, now);
    }
    guest_knows_hidden_ = guest_knows_hidden_ || guest_knew;
}

// None: nothing. What has something wrong stays in the ring.
const char* Host::wrong_with(const Rings::Packet& packet) const {
    constexpr std::size_t pipe_header = 8, overhead = 40, longest = 16384;
    if (packet.descriptor.type != in_band) return "a packet that is not in-band";
    if ((packet.descriptor.flags & ~1U) != 0) return "unknown packet flags";
    auto pipe = prefix<PipeHeader>(packet.payload);
    if (!pipe) return "a packet shorter than the pipe's header";
    if (pipe->type != 1) return "the pipe's type is not data";
    if (pipe->size > std::min(longest, rings_->size() - overhead) ||
        pipe->size + pipe_header > packet.payload.size())
        return "the pipe's size is wrong";
    if (like_openvmm()) return nullptr;
    if (packet.payload.size() - pipe->size - pipe_header >= 8) return "the packet is longer than its message";
    return packet.has_its_trailer ? nullptr : "the packet's trailer is wrong";
}

void Host::take(const Rings::Packet& packet, Time now) {
    auto headers = prefix<Headers>(packet.payload);
    if (!headers || headers->pipe_size < 8) return refuse_garbage("a message shorter than its header");
    std::span<const std::byte> body =
        std::span(packet.payload).subspan(sizeof(Headers), headers->pipe_size - 8);
    // OpenVMM never looks at it.
    if (headers->vid_size != headers->pipe_size && !like_openvmm())
        complain("the inner size is not that of header and body");
    ++status_.messages;
    take_message(headers->vid_type, body, now);
}

void Host::show(Time now) {
    status_.shown = true;
    guest_knows_hidden_ = false;
    // OpenVMM has no word for it, and keeps its picture. What a real host keeps is not known: this one keeps
    // nothing.
    if (like_openvmm()) return;
    window_.forget();
    say_features(now);
}

void Host::hide(Time now) {
    status_.shown = false;
    if (!like_openvmm()) say_features(now);
}

wire::Bytes Host::feature_change(bool needed) const {
    std::uint8_t flag = needed ? 1 : 0;
    FeatureChange features{flag, flag, flag, flag};
    Bytes body(sizeof features + (options_.long_feature_change ? 128 : 0));
    std::memcpy(body.data(), &features, sizeof features);
    return message(wire::feature_change, body, !like_openvmm());
}

void Host::say_features(Time now) {
    if (status_.state == State::active) transmit(feature_change(status_.shown), now);
}

void Host::send(std::uint32_t type, std::span<const std::byte> body, Time now) {
    transmit(message(type, body, !like_openvmm()), now);
}

void Host::transmit(const Bytes& message, Time now) {
    if (!rings_) return;
    if (mischief_)
        mischief_->transmit(*this, message, now);
    else
        put(message);
}

void Host::put(std::span<const std::byte> payload, std::uint16_t type) {
    if (!rings_) return;
    if (waiting_.empty() && went(rings_->put(payload, type))) return;
    if (!rings_ || status_.state == State::dead) return;
    ++status_.waited;
    waiting_.push_back({{payload.begin(), payload.end()}, type});
}

void Host::put_waiting() {
    while (rings_ && !waiting_.empty() && went(rings_->put(waiting_.front().payload, waiting_.front().type)))
        waiting_.pop_front();
}

// False: the guest will signal when there is room.
bool Host::went(Rings::Put put) {
    if (put == Rings::Put::done_and_interrupt) interrupt();
    // Who means ill may have spoilt that ring himself, and goes on.
    if (put == Rings::Put::corrupt && !mischief_) refuse_garbage("the guest's read index is nonsense");
    return put != Rings::Put::full;
}

void Host::put_raw(std::span<const std::byte> packet) {
    if (rings_) went(rings_->put_raw(packet));
}

void Host::interrupt() {
    ++status_.interrupts;
    listener_.interrupt();
}

void Host::die(const std::string& why) {
    status_.state = State::dead;
    listener_.said("dead: " + why);
}

void Host::refuse_garbage(const std::string& what) {
    if (!guest_ring_spoiled_) ++status_.garbage;
    die(what);
}

void Host::complain(const std::string& what) {
    ++status_.complaints;
    listener_.said("complaint: " + what);
}

}  // namespace hvhost
