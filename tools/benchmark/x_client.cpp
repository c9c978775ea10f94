#include "x_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hvfbd::bench {

namespace {

// Codes of requests. Those of MIT-SHM are a second byte, behind the code that the server gives the extension.
constexpr std::uint8_t get_input_focus = 43, create_gc = 55, query_extension = 98;
constexpr std::uint8_t shm_attach = 1, shm_put_image = 3;
constexpr std::uint8_t z_pixmap = 2;
// What an answer, an event and an error begin with.
constexpr std::size_t head_size = 32;

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
    if (at + size > bytes.size()) throw std::runtime_error("the X server's answer is too short");
    std::uint32_t value = 0;
    for (std::size_t i = size; i > 0; --i) value = value << 8U | bytes[at + i - 1];
    return value;
}

}  // namespace

XClient::XClient(const std::filesystem::path& socket, int memory, const Canvas& canvas) : canvas_(canvas) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    try {
        if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
            throw std::system_error(errno, std::generic_category(),
                                    "connect to the X server at " + socket.string());
        ucred listener{};
        socklen_t size = sizeof listener;
        if (getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &listener, &size) < 0)
            throw std::system_error(errno, std::generic_category(), "ask who listens at " + socket.string());
        server_ = listener.pid;
        set_up();
        shm_ = find_extension();
        append_head(create_gc, 0, 4);
        append_number(first_id_, 4);
        append_number(root_, 4);
        append_number(0, 4);
        append_head(shm_, shm_attach, 4);
        append_number(first_id_ + 1, 4);
        append_number(static_cast<std::uint32_t>(memory), 4);
        append_number(0, 4);
        synchronise();
    } catch (...) {
        close(socket_);
        throw;
    }
}

XClient::~XClient() {
    close(socket_);
}

void XClient::set_up() {
    // Little-endian, 11.0, no authorisation.
    append({{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}});
    send();
    std::array<std::uint8_t, 8> head{};
    receive(head.data(), head.size());
    std::vector<std::uint8_t> rest(std::size_t{4} * number(head, 6, 2));
    receive(rest.data(), rest.size());
    if (head[0] != 1)
        throw std::runtime_error(
            "the X server refuses: " +
            std::string(rest.begin(), rest.begin() + std::min<int>(head[1], static_cast<int>(rest.size()))));
    first_id_ = number(rest, 4, 4);
    const std::size_t vendor = number(rest, 16, 2), formats = number(rest, 21, 1);
    const std::size_t screen = 32 + (vendor + 3) / 4 * 4 + 8 * formats;
    root_ = number(rest, screen, 4);
    const auto width = static_cast<int>(number(rest, screen + 20, 2)),
               height = static_cast<int>(number(rest, screen + 22, 2));
    depth_ = static_cast<std::uint8_t>(number(rest, screen + 38, 1));
    if (width < canvas_.width || height < canvas_.height || depth_ != 24)
        throw std::runtime_error("the X server's screen has " + std::to_string(width) + "x" +
                                 std::to_string(height) + " pixels of depth " + std::to_string(depth_) +
                                 "; the workloads need " + std::to_string(canvas_.width) + "x" +
                                 std::to_string(canvas_.height) + " of depth 24");
}

std::uint8_t XClient::find_extension() {
    constexpr std::string_view name = "MIT-SHM";
    append_head(query_extension, 0, 4);
    append_number(name.size(), 4);
    append({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
    append_number(0, 1);
    send();
    const auto answered = answer();
    if (number(answered, 8, 1) == 0) throw std::runtime_error("the X server has no MIT-SHM");
    return answered[9];
}

void XClient::put(std::span<const Box> boxes) {
    for (const Box& box : boxes) {
        append_head(shm_, shm_put_image, 10);
        append_number(root_, 4);
        append_number(first_id_, 4);
        for (const int value :
             {canvas_.stride, canvas_.height, box.x, box.y, box.width, box.height, box.x, box.y})
            append_number(static_cast<std::uint32_t>(value), 2);
        append({{depth_, z_pixmap, 0, 0}});
        append_number(first_id_ + 1, 4);
        append_number(0, 4);
    }
    synchronise();
}

void XClient::synchronise() {
    append_head(get_input_focus, 0, 1);
    send();
    answer();
}

void XClient::append_number(std::uint32_t value, int bytes) {
    for (; bytes > 0; --bytes, value >>= 8U) request_.push_back(static_cast<std::uint8_t>(value));
}

void XClient::append_head(std::uint8_t code, std::uint8_t detail, int words) {
    append({{code, detail}});
    append_number(static_cast<std::uint32_t>(words), 2);
}

void XClient::send() {
    for (std::size_t sent = 0; sent < request_.size();) {
        const ssize_t more = ::send(socket_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
        if (more < 0) throw std::system_error(errno, std::generic_category(), "write to the X server");
        sent += static_cast<std::size_t>(more);
    }
    request_.clear();
}

void XClient::receive(void* to, std::size_t size) const {
    if (size > 0 && recv(socket_, to, size, MSG_WAITALL) != static_cast<ssize_t>(size))
        throw std::runtime_error("the X server has hung up");
}

std::vector<std::uint8_t> XClient::answer() {
    for (;;) {
        std::vector<std::uint8_t> bytes(head_size);
        receive(bytes.data(), bytes.size());
        if (bytes[0] == 0)
            throw std::runtime_error("the X server refuses request " + std::to_string(bytes[10]) +
                                     ": error " + std::to_string(bytes[1]));
        if (bytes[0] != 1) continue;
        bytes.resize(head_size + std::size_t{4} * number(bytes, 4, 4));
        receive(bytes.data() + head_size, bytes.size() - head_size);
        return bytes;
    }
}

}  // namespace hvfbd::bench
