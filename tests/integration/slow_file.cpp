#include "slow_file.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "processes.h"

namespace hvfbd::testing {

struct SlowFile::Order {
    enum class Kind { word, delay } kind;
    std::uint32_t word = 0;
    std::chrono::milliseconds delay{};
    unsigned at_once = 0;
};

namespace {

template <typename Order>
struct Server {
    int fuse;
    int control;
    std::size_t size;
    std::chrono::milliseconds delay;
    std::uint32_t word = 0;
    unsigned at_once = 0;

    void take_orders() {
        Order order;
        while (::recv(control, &order, sizeof order, MSG_DONTWAIT) == sizeof order) {
            if (order.kind == Order::Kind::word) word = order.word;
            if (order.kind == Order::Kind::delay) {
                delay = order.delay;
                at_once = order.at_once;
            }
        }
    }
    void reply(const fuse_in_header& request, int error, const void* body, std::size_t length) const {
        fuse_out_header header{static_cast<std::uint32_t>(sizeof header + length), -error, request.unique};
        iovec parts[] = {{&header, sizeof header}, {const_cast<void*>(body), length}};
        // It fails only where the reader has gone.
        [[maybe_unused]] ssize_t written = ::writev(fuse, parts, length > 0 ? 2 : 1);
    }
    fuse_attr attributes() const {
        fuse_attr attributes{};
        attributes.ino = 1;
        attributes.size = size;
        attributes.mode = S_IFREG | 0444;
        attributes.nlink = 1;
        attributes.blksize = 4096;
        return attributes;
    }
    void read(const fuse_in_header& request, const fuse_read_in& what) {
        take_orders();
        timespec wait{delay.count() / 1000, delay.count() % 1000 * 1'000'000};
        if (at_once > 0)
            --at_once;
        else
            ::nanosleep(&wait, nullptr);
        std::size_t length = what.offset < size ? std::min<std::size_t>(what.size, size - what.offset) : 0;
        std::vector<std::uint32_t> words(length / 4, word);
        reply(request, 0, words.data(), length);
    }
    void serve() {
        std::vector<char> bytes(1 << 20);
        for (;;) {
            ssize_t length = ::read(fuse, bytes.data(), bytes.size());
            if (length < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) continue;
            if (length <= 0) return;  // unmounted
            fuse_in_header request;
            std::memcpy(&request, bytes.data(), sizeof request);
            const char* body = bytes.data() + sizeof request;
            switch (request.opcode) {
                case FUSE_INIT: {
                    fuse_init_out answer{};
                    answer.major = FUSE_KERNEL_VERSION;
                    answer.minor = FUSE_KERNEL_MINOR_VERSION;
                    answer.max_write = 1 << 17;
                    answer.max_background = 64;
                    answer.congestion_threshold = 64;
                    answer.flags = FUSE_ASYNC_DIO | FUSE_ASYNC_READ;
                    reply(request, 0, &answer, sizeof answer);
                    break;
                }
                case FUSE_GETATTR: {
                    fuse_attr_out answer{};
                    answer.attr = attributes();
                    reply(request, 0, &answer, sizeof answer);
                    break;
                }
                case FUSE_OPEN: {
                    fuse_open_out answer{};
                    answer.open_flags = FOPEN_DIRECT_IO;
                    reply(request, 0, &answer, sizeof answer);
                    break;
                }
                case FUSE_READ: {
                    fuse_read_in what;
                    std::memcpy(&what, body, sizeof what);
                    read(request, what);
                    break;
                }
                case FUSE_FORGET:
                case FUSE_BATCH_FORGET:
                    break;
                case FUSE_FLUSH:
                case FUSE_RELEASE:
                    reply(request, 0, nullptr, 0);
                    break;
                default:
                    reply(request, ENOSYS, nullptr, 0);
            }
        }
    }
};

}  // namespace

SlowFile::SlowFile(std::size_t size, std::chrono::milliseconds delay) {
    std::string pattern = (std::filesystem::temp_directory_path() / "hvfbd-slow-XXXXXX").string();
    Descriptor place(::mkstemp(pattern.data()));
    if (!place) throw_errno("make the place of a slow file");
    path_ = pattern;
    fuse_ = Descriptor(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (!fuse_) throw_errno("open /dev/fuse");
    std::string options =
        "fd=" + std::to_string(fuse_.get()) + ",rootmode=100444,user_id=0,group_id=0,max_read=131072";
    if (::mount("hvfbd-slow", path_.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) < 0)
        throw_errno("mount a slow file");
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) throw_errno("make a socket pair");
    control_ = Descriptor(ends[0]);
    Descriptor far(ends[1]);
    server_ = fork_process([&]() -> int {
        Server<Order>{fuse_.get(), far.get(), size, delay}.serve();
        return 0;
    });
    // Only the server has it: a reader that waits for an answer fails when the server has ended.
    fuse_.reset();
}

SlowFile::~SlowFile() {
    if (server_ > 0) {
        ::kill(server_, SIGKILL);
        ::waitpid(server_, nullptr, 0);
    }
    ::umount2(path_.c_str(), MNT_DETACH);
    ::unlink(path_.c_str());
}

Descriptor SlowFile::open() const {
    Descriptor file(::open(path_.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
    if (!file) throw_errno("open the slow file");
    return file;
}

void SlowFile::set_word(std::uint32_t word) const {
    tell({Order::Kind::word, word});
}

void SlowFile::set_delay(std::chrono::milliseconds delay, unsigned at_once) const {
    tell({Order::Kind::delay, 0, delay, at_once});
}

void SlowFile::tell(const Order& order) const {
    if (::send(control_.get(), &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
        throw_errno("speak to the slow file's server");
}

}  // namespace hvfbd::testing
