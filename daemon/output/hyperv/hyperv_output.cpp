#include "output/hyperv/hyperv_output.h"

#include <sys/epoll.h>

#include "base/error.h"

namespace hvfbd::hyperv {

namespace {

// A well-behaved host sends a handful of messages when a window opens. More than this a dispatch, or
// interrupts without messages, and the host is throttled: it must not keep the daemon busy.
constexpr unsigned messages_a_dispatch = 32, idle_interrupts_allowed = 16;
constexpr Duration throttle_time = std::chrono::milliseconds(10);

std::string size_text(Mode mode) {
    return std::to_string(mode.width) + "x" + std::to_string(mode.height);
}

}  // namespace

HypervOutput::HypervOutput(EventLoop& loop, std::unique_ptr<UioPort> port, FramebufferSource framebuffer,
                           const Options& options, const RestoredOutput* restored)
    : loop_(loop),
      port_(std::move(port)),
      source_(std::move(framebuffer)),
      options_(options),
      session_(options.session),
      frame_(options.rectangles_per_message),
      watch_(options.session.timing.step),
      alarm_(loop, [this] { update(loop_.now()); }) {
    if (restored && !restored->state.empty()) restore(*restored, loop_.now());
    take_layout();
    update(loop_.now());
}

HypervOutput::~HypervOutput() {
    // Closing the device closes the channel, which is all a host expects: no picture is taken back ("active =
    // 0" has unknown effects, and Linux's reviewers advised against it).
    if (connection_ && connection_->channel) connection_->channel->mask();
}

std::vector<Mode> HypervOutput::modes() const {
    auto modes = session_.modes();
    return {modes.begin(), modes.end()};
}

std::span<std::byte> HypervOutput::scanout() {
    if (!shows() || !connection_ ||
        connection_->framebuffer.bytes.size() < std::size_t{layout_.stride} * layout_.height)
        return {};
    return connection_->framebuffer.bytes;
}

std::string HypervOutput::problem() const {
    if (suspended_) return "the machine goes to sleep";
    if (session_.active() && !broken_) return {};
    return trouble_.empty() ? "the host has not answered yet" : trouble_;
}

void HypervOutput::take_layout() {
    if (layout_.width == session_.mode().width && layout_.height == session_.mode().height) return;
    layout_ = layout_for(session_.mode());
    std::array whole{layout_.rectangle()};
    synthvid::encode_dirt(whole, whole_dirt_);
}

void HypervOutput::say_once(OutputListener::Importance importance, const std::string& sentence) {
    if (sentence == last_said_) return;
    last_said_ = sentence;
    say(importance, sentence);
}

// Everything that can happen leads here: acts on it, and sets the next alarm. Where there was a shortage it
// is called again a little later, and finds what was not done.
void HypervOutput::update(Time now) {
    if (suspended_) return;
    try {
        act(now);
    } catch (...) {
        alarm_at_ = now + EventLoop::until_again;
        alarm_.set(alarm_at_);
        throw;
    }
}

void HypervOutput::act(Time now) {
    if (!broken_ && !connection_ && session_.wants_channel(now)) open(now);
    if (!broken_ && connection_) {
        if (throttled_until_ && now >= *throttled_until_) {
            throttled_until_.reset();
            connection_->watch.set_enabled(true);
        }
        try {
            if (!throttled_until_) listen_to_host(now);
        } catch (const std::exception& exception) {
            broken_ = exception.what();
        }
    }
    if (!broken_ && connection_ && connection_->channel) {
        session_.time_passed(now);
        flush(now);
    }
    if (!broken_ && session_.failure()) broken_ = std::string(*session_.failure());
    if (broken_) close(now);

    take_layout();
    if (session_.active() && !was_active_) {
        say_once(OutputListener::Importance::information, "talking with the host: " + description());
        say_unfit();
    }
    was_active_ = session_.active();
    changed();
    set_alarm(now);
}

void HypervOutput::set_alarm(Time now) {
    std::optional<Time> at = session_.wake_at();
    auto also = [&](std::optional<Time> other) {
        if (other && (!at || *other < *at)) at = other;
    };
    if (connection_) {
        // Until the device has opened the session waits for it, and for nothing else.
        if (!connection_->channel) at = connection_->opening.due();
        also(throttled_until_);
        also(watch_.due());
    }
    if (broken_) at = now;
    alarm_at_ = at;
    alarm_.set(at);
}

std::string HypervOutput::description() const {
    std::uint32_t version = session_.version();
    return "protocol " + std::to_string(version & 0xffff) + "." + std::to_string(version >> 16) + ", " +
           std::to_string(connection_->framebuffer.bytes.size() >> 10) + " KiB of video memory, " +
           std::to_string(layout_.width) + "x" + std::to_string(layout_.height);
}

// A mode that does not fit: what it takes, and the commands for that.
std::string HypervOutput::unfit(Mode mode) const {
    constexpr std::uint64_t step = 2 << 20;  // Set-VMVideo's
    std::uint64_t has = connection_->framebuffer.bytes.size();
    std::uint64_t needs = std::uint64_t{mode.width} * mode.height * bytes_per_pixel;
    if (needs <= has) return size_text(mode) + " is smaller than 640x480, the least a host takes";
    std::array<char, 24> address{};
    std::snprintf(address.data(), address.size(), "%#llx",
                  static_cast<unsigned long long>(connection_->framebuffer.address));
    std::uint64_t rounded = (needs + step - 1) / step * step;
    return size_text(mode) + " needs " + std::to_string(needs >> 10) +
           " KiB of video memory, and the memory at " + address.data() + " has " + std::to_string(has >> 10) +
           " KiB; give the guest more, on the host, while it is off: Set-VMVideo -VMName NAME "
           "-ResolutionType Maximum -HorizontalResolution " +
           std::to_string(mode.width) + " -VerticalResolution " + std::to_string(mode.height) +
           ", and set FramebufferSize=" + std::to_string(rounded) + " in hvfbd.conf";
}

void HypervOutput::say_unfit() {
    if (auto mode = session_.unfit_mode())
        say(OutputListener::Importance::warning,
            "showing " + size_text(session_.mode()) + ": " + unfit(*mode));
}

void HypervOutput::open(Time now) {
    try {
        Connection connection(options_.session.timing.step);
        connection.device = port_->open();
        connection.opening.start(now);
        connection.watch = loop_.watch(connection.device->descriptor(), EPOLLIN,
                                       [this](std::uint32_t) { update(loop_.now()); });
        connection_ = std::move(connection);
        ++connections_;
    } catch (const std::exception& exception) {
        broken_ = exception.what();
    }
}

// The device has opened: the handshake begins.
void HypervOutput::enter(Time now) {
    try {
        connection_->framebuffer = source_.open(*connection_->device);
        connection_->channel = std::make_unique<Channel>(*connection_->device);
        frame_.fit(connection_->channel->to_host_size());
        session_.opened(connection_->framebuffer.address, connection_->framebuffer.bytes.size(), now);
    } catch (const std::exception& exception) {
        broken_ = exception.what();
    }
}

void HypervOutput::close(Time now) {
    trouble_ = *broken_ + "; trying again from time to time";
    say_once(OutputListener::Importance::warning, trouble_);
    broken_.reset();
    connection_.reset();
    throttled_until_.reset();
    watch_.reset();
    idle_interrupts_ = 0;
    session_.closed(now);
}

void HypervOutput::listen_to_host(Time now) {
    UioDevice::Interrupt interrupt = connection_->device->acknowledge();
    if (interrupt == UioDevice::Interrupt::gone) {
        broken_ = "the host has taken the video device away";
        return;
    }
    if (interrupt == UioDevice::Interrupt::opening) {
        if (connection_->opening.reached(now)) broken_ = "the video device does not open";
        return;
    }
    if (!connection_->channel) enter(now);
    if (broken_) return;

    Heard heard = receive(now);
    idle_interrupts_ =
        interrupt == UioDevice::Interrupt::some && heard == Heard::nothing ? idle_interrupts_ + 1 : 0;
    if (heard == Heard::too_much || idle_interrupts_ > idle_interrupts_allowed) {
        throttled_until_ = now + throttle_time;
        connection_->watch.set_enabled(false);
        idle_interrupts_ = 0;
    }
}

HypervOutput::Heard HypervOutput::receive(Time now) {
    Channel& channel = *connection_->channel;
    bool heard = false;
    channel.mask();
    for (unsigned i = 0; i < messages_a_dispatch; ++i) {
        switch (channel.receive(received_)) {
            case Channel::Received::message:
                heard = true;
                if (!received_.empty()) session_.received(synthvid::decode(received_), now);
                persist();
                break;
            case Channel::Received::none:
                if (!channel.unmask()) return heard ? Heard::some : Heard::nothing;
                channel.mask();
                break;
            case Channel::Received::dead:
                broken_ = "the host has written nonsense into the ring";
                return Heard::some;
        }
    }
    return Heard::too_much;
}

void HypervOutput::set_mode(Mode mode) {
    layout_for(mode);  // throws for what no picture can be
    if (!session_.set_mode(mode))
        throw RequestError(RequestError::Kind::no_such_mode,
                           connection_ ? unfit(mode) + "; see Modes"
                                       : size_text(mode) +
                                             " is smaller than 640x480, or larger than the video memory is "
                                             "taken to be until there is a session with the host");
    try {
        update(loop_.now());
    } catch (const std::exception& shortage) {
        // The session has the mode, and what follows from it comes later.
        if (!is_shortage(shortage)) throw;
    }
}

void HypervOutput::ignore_hidden(bool ignore) {
    session_.ignore_hidden(ignore);
    // What was withheld goes with the next present. Nothing is received here: a display calls this before its
    // observers could save what the host said.
}

void HypervOutput::suspend() {
    if (suspended_) return;
    Time now = loop_.now();
    broken_ = "going to sleep";
    last_said_ = *broken_ + "; trying again from time to time";
    close(now);
    suspended_ = true;
    alarm_at_.reset();
    alarm_.set(std::nullopt);
    changed();
}

void HypervOutput::resume() {
    if (!suspended_) return;
    suspended_ = false;
    session_.retry_now();
    update(loop_.now());
}

}  // namespace hvfbd::hyperv
