#include "vnc/typists.h"

#include <exception>

namespace vnc {

bool Typists::may_type(const std::optional<input::Peer>& peer) const {
    return !socket_.empty() && peer && input::may_type(*peer, input::group_of_socket(socket_));
}

std::unique_ptr<Typist> Typists::make(const std::function<void(const std::string&)>& say) {
    if (socket_.empty()) return nullptr;
    try {
        if (!layout_) layout_ = std::make_shared<const ConsoleLayout>(hvfbd::console_layout_names());
    } catch (const std::exception& error) {
        say(std::string("can only look: ") + error.what());
        return nullptr;
    }
    return std::make_unique<Typist>(layout_, InputLink(socket_, say));
}

}  // namespace vnc
