// Anything as what a VNC client sends, before or after the handshake, while the picture and its size change:
// the session goes on or ends, and waits for nothing that will not come.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/descriptor.h"
#include "vnc/picture.h"
#include "vnc/rfb_session.h"
#include "vnc/typist.h"

namespace {

std::shared_ptr<const vnc::Picture> picture_of(std::uint32_t width, std::uint32_t height) {
    // Rows that are longer than their pixels, as a display may have them.
    const std::uint32_t stride = width * 4 + 8;
    const hvfb_layout layout = {width, height, stride, HVFB_FORMAT_XRGB8888, std::uint64_t{stride} * height};
    return std::make_shared<const vnc::Picture>(
        vnc::Picture{std::make_shared<vnc::PictureMemory>(layout.size), layout});
}

void drain(int fd) {
    std::array<char, 1U << 16U> bytes{};
    while (::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
    }
}

}  // namespace

// The first byte says whether the handshake is done, and how often the picture changes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t longest = 16384;
    if (size < 1 || size > longest) return 0;
    static const bool prepared = [] {
        vnc::prepare_libvncserver();
        return true;
    }();
    static const auto layout = std::make_shared<const vnc::ConsoleLayout>(hvfbd::LayoutNames{});
    // Nobody takes what it types.
    vnc::Typist typist(layout, vnc::InputLink("/nowhere", [](const std::string&) {}));
    static const std::array pictures = {picture_of(64, 48), picture_of(50, 70), picture_of(8, 8)};
    std::array<int, 2> ends{};
    if (!prepared || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0) std::abort();
    const hvfbd::Descriptor client(ends[0]);
    constexpr std::string_view handshake("RFB 003.008\n\1\1", 14);
    // libvncserver waits for a tenth of a second where nothing has come.
    if ((data[0] & 1U) != 0 || size < 5) (void)!::send(client.get(), handshake.data(), handshake.size(), 0);
    (void)!::send(client.get(), data + 1, size - 1, 0);
    ::shutdown(client.get(), SHUT_WR);
    const auto change_mode = [](unsigned width, unsigned height) {
        return width > height ? vnc::ModeAnswer::changed : vnc::ModeAnswer::impossible;
    };
    vnc::RfbSession session(hvfbd::Descriptor(ends[1]), pictures[0], "fuzz", change_mode, &typist);
    const std::size_t turns_of_a_picture = 1U + (data[0] >> 1U);
    // Each turn reads something, or finds the end.
    for (std::size_t turn = 1; session.is_open(); ++turn) {
        if (turn > 2 * longest) std::abort();
        if (turn % turns_of_a_picture == 0) {
            const auto& picture = pictures.at(turn / turns_of_a_picture % pictures.size());
            const hvfb_rect whole = picture->whole();
            session.show(picture, {&whole, 1});
        }
        session.answer();
        drain(client.get());
        session.read_message();
        drain(client.get());
    }
    return 0;
}
