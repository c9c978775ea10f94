// hvhost's ivshmem server against a machine like QEMU's, and a guest in it whose driver is played here:
// docs/ivshmem.md.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/event_loop.h"
#include "base/mapping.h"
#include "host_process.h"
#include "output/hyperv/hyperv_output.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t bar = 0xfe80000000;  // where this machine has put the memory
constexpr Duration timeout = 10s;

struct Message {
    std::int64_t number = 0;
    Descriptor descriptor;
};

// What QEMU does for a guest: the memory, a doorbell, an interrupt.
class AMachine {
  public:
    enum Word : std::size_t {
        version = 8,
        rings,
        rings_size,
        framebuffer,
        framebuffer_size,
        offer,
        opened,
        opens,
        address
    };

    explicit AMachine(const std::string& path) {
        sockaddr_un there{};
        there.sun_family = AF_UNIX;
        path.copy(there.sun_path, sizeof there.sun_path - 1);
        socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&there), sizeof there) < 0)
            throw_errno("connect to hvhost");
    }
    // Nothing: it hung up, or says nothing.
    std::optional<Message> hear() {
        Message heard;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        iovec part{&heard.number, sizeof heard.number};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        pollfd ready{socket_.get(), POLLIN, 0};
        if (::poll(&ready, 1, 10000) != 1 ||
            ::recvmsg(socket_.get(), &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) != sizeof heard.number)
            return std::nullopt;
        if (cmsghdr* header = CMSG_FIRSTHDR(&message)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            heard.descriptor.reset(fd);
        }
        return heard;
    }
    void hang_up() { socket_.reset(); }
    void set_up() {
        for (std::int64_t expected : {0, 0, -1, 1, 0}) {
            auto message = hear();
            if (!message || message->number != expected)
                throw std::runtime_error("hvhost is no ivshmem server");
            descriptors.push_back(std::move(message->descriptor));
        }
        struct stat status {};
        ::fstat(descriptors[2].get(), &status);
        memory =
            Mapping(descriptors[2], static_cast<std::size_t>(status.st_size), Mapping::Access::read_write);
    }
    std::atomic_ref<std::uint32_t> word(Word name) const {
        std::size_t at = name == version ? version : version + 4 * (name - version);
        return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(memory.bytes().data() + at));
    }
    void ring() const {
        std::uint64_t one = 1;
        [[maybe_unused]] ssize_t written = ::write(descriptors[3].get(), &one, sizeof one);
    }
    int interrupt() const { return descriptors[4].get(); }

    std::vector<Descriptor> descriptors;  // as they came
    Mapping memory;

  private:
    Descriptor socket_;
};

// The driver in the guest, and /dev/uioN.
class TheDevice : public UioDevice {
  public:
    TheDevice(AMachine& machine, std::uint64_t wrong)
        : machine_(machine), offer_(machine.word(AMachine::offer)) {
        if (offer_ == 0) throw_errno("open the device", ENODEV);
        std::uint64_t framebuffer = bar + machine.word(AMachine::framebuffer) + wrong;
        std::memcpy(machine.memory.bytes().data() + 40, &framebuffer, sizeof framebuffer);
        std::uint32_t opens = ++machine.word(AMachine::opens);
        machine.ring();
        pollfd ready{machine.interrupt(), POLLIN, 0};
        while (machine.word(AMachine::opened) != opens)
            if (::poll(&ready, 1, 10000) != 1) throw_errno("open the device", ETIMEDOUT);
    }
    ~TheDevice() override {
        ++machine_.word(AMachine::opens);
        machine_.ring();
    }
    int descriptor() const override { return machine_.interrupt(); }
    Interrupt acknowledge() override {
        std::uint64_t count = 0;
        bool some = ::read(machine_.interrupt(), &count, sizeof count) == sizeof count;
        if (machine_.word(AMachine::offer) != offer_) return Interrupt::gone;
        return some ? Interrupt::some : Interrupt::none;
    }
    std::optional<UioMap> map(std::string_view name) override {
        auto part = [&](AMachine::Word at, AMachine::Word size) {
            return machine_.memory.bytes().subspan(machine_.word(at), machine_.word(size));
        };
        if (name == "txrx_rings") return UioMap{part(AMachine::rings, AMachine::rings_size), 0};
        if (name != "framebuffer") return std::nullopt;
        return UioMap{part(AMachine::framebuffer, AMachine::framebuffer_size),
                      bar + machine_.word(AMachine::framebuffer)};
    }
    std::optional<unsigned> monitor_id() const override { return std::nullopt; }
    void signal() noexcept override {
        std::byte* inbound = machine_.memory.bytes().data() + machine_.word(AMachine::rings) +
                             machine_.word(AMachine::rings_size) / 2;
        std::atomic_ref(*reinterpret_cast<std::uint32_t*>(inbound + 8)).store(0);
        machine_.ring();
    }

  private:
    AMachine& machine_;
    std::uint32_t offer_;
};

class ThePort : public UioPort {
  public:
    ThePort(AMachine& machine, std::uint64_t wrong) : machine_(machine), wrong_(wrong) {}
    std::unique_ptr<UioDevice> open() override { return std::make_unique<TheDevice>(machine_, wrong_); }

  private:
    AMachine& machine_;
    std::uint64_t wrong_;
};

class Ivshmem : public ::testing::Test {
  protected:
    void start_output(std::uint64_t wrong = 0) {
        machine.set_up();
        hyperv::HypervOutput::Options options;
        options.session.assume_visible = false;
        options.session.timing.first_back_off = 10ms;
        output.emplace(loop, std::make_unique<ThePort>(machine, wrong), hyperv::FramebufferSource("", 0),
                       options);
    }
    bool dispatch_until(const std::function<bool()>& is_so) {
        for (Time end = clock_now() + timeout; !is_so(); loop.run_once(20ms))
            if (clock_now() >= end) return false;
        return true;
    }
    void draw(std::uint32_t color) {
        auto* pixels = reinterpret_cast<std::uint32_t*>(output->scanout().data());
        std::fill_n(pixels, std::size_t{output->layout().stride} / 4 * output->layout().height, color);
        ASSERT_EQ(output->present(std::array{output->layout().rectangle()}), Output::Presented::done);
    }
    bool window_is(std::uint32_t color) {
        auto window = host.window();
        return window.width == output->layout().width &&
               std::ranges::all_of(window.pixels, [&](std::uint32_t pixel) { return pixel == color; });
    }

    HostProcess host{{"--framebuffer-size", "4194304"}, "--ivshmem"};
    AMachine machine{host.socket()};
    EventLoop loop;
    std::optional<hyperv::HypervOutput> output;
};

TEST_F(Ivshmem, tells_a_machine_of_the_memory_and_whom_to_ring) {
    machine.set_up();
    for (std::size_t number : {0, 1}) EXPECT_FALSE(machine.descriptors[number]);
    for (std::size_t number : {2, 3, 4}) EXPECT_TRUE(machine.descriptors[number]);
    EXPECT_EQ(::fcntl(machine.descriptors[2].get(), F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(machine.memory.bytes().data())), "hvhost");
    EXPECT_EQ(machine.word(AMachine::version), 1u);
    EXPECT_NE(machine.word(AMachine::offer), 0u);
    EXPECT_EQ(machine.word(AMachine::rings_size), 4u << 20);
    EXPECT_EQ(machine.word(AMachine::framebuffer_size), 4u << 20);
    EXPECT_EQ(machine.word(AMachine::framebuffer) % 4096, 0u);
    EXPECT_TRUE(std::has_single_bit(machine.memory.bytes().size())) << "or QEMU makes no BAR of it";
    EXPECT_EQ(host.state(), "waiting") << "no guest has opened it";
}

TEST_F(Ivshmem, shows_what_a_guest_draws) {
    start_output();
    ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
    for (std::uint32_t color : {0x123456u, 0xfedcbau}) {
        draw(color);
        EXPECT_TRUE(dispatch_until([&] { return window_is(color); }));
    }
    EXPECT_EQ(host.status("complaints"), 0u);
    EXPECT_EQ(host.status("sessions"), 1u);
}

TEST_F(Ivshmem, has_the_video_memory_where_the_driver_says_it_is) {
    start_output(4096);
    ASSERT_TRUE(dispatch_until([&] { return host.status("complaints") > 0; }));
}

TEST_F(Ivshmem, begins_anew_each_time_the_guest_opens_it) {
    start_output();
    for (std::uint64_t session = 1; session <= 3; ++session) {
        ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
        EXPECT_EQ(host.status("sessions"), session);
        draw(0x00ff00);
        EXPECT_TRUE(dispatch_until([&] { return window_is(0x00ff00); }));
        output->suspend();
        EXPECT_TRUE(dispatch_until([&] { return host.state() == "waiting"; }));
        output->resume();
    }
    EXPECT_EQ(host.status("complaints"), 0u);
}

TEST_F(Ivshmem, takes_it_away_and_offers_it_again) {
    start_output();
    ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
    host.say("rescind");
    EXPECT_EQ(machine.word(AMachine::offer), 0u);
    EXPECT_EQ(host.state(), "waiting");
    EXPECT_TRUE(dispatch_until([&] { return !output->visible(); }));
    host.say("offer");
    EXPECT_TRUE(dispatch_until([&] { return output->visible(); }));
    host.say("reset");
    EXPECT_TRUE(dispatch_until([&] { return host.status("sessions") == 3 && output->visible(); }));
    draw(0x0000ff);
    EXPECT_TRUE(dispatch_until([&] { return window_is(0x0000ff); }));
    EXPECT_EQ(host.status("complaints"), 0u);
}

TEST_F(Ivshmem, lets_nobody_in_who_opens_what_was_taken_away) {
    machine.set_up();
    host.say("rescind");
    ++machine.word(AMachine::opens);
    machine.ring();
    EXPECT_EQ(host.status("sessions"), 0u);
    EXPECT_EQ(machine.word(AMachine::opened), 0u);
}

TEST_F(Ivshmem, takes_it_away_when_it_ends) {
    start_output();
    ASSERT_TRUE(dispatch_until([&] { return output->visible(); }));
    host.say("quit");
    EXPECT_TRUE(dispatch_until([&] { return !output->visible(); }));
    EXPECT_EQ(machine.word(AMachine::offer), 0u);
}

TEST_F(Ivshmem, has_one_machine_after_the_other) {
    machine.set_up();
    ++machine.word(AMachine::opens);
    machine.ring();
    EXPECT_TRUE(dispatch_until([&] { return host.state() == "version"; }));
    EXPECT_FALSE(AMachine(host.socket()).hear()) << "not a second one";
    machine.hang_up();
    machine = AMachine(host.socket());
    machine.set_up();
    EXPECT_EQ(host.state(), "waiting");
    EXPECT_EQ(machine.word(AMachine::opens), 0u) << "what the one before has left is nothing to this one";
}

}  // namespace
}  // namespace hvfbd::testing
