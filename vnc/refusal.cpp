#include "vnc/refusal.h"

#include <cstddef>

namespace vnc {

std::string refusal(std::string_view why) {
    constexpr unsigned bits_of_byte = 8, bytes_of_length = 4;
    std::string bytes("RFB 003.008\n");
    bytes += '\0';
    for (unsigned i = bytes_of_length; i > 0; --i)
        bytes += static_cast<char>(why.size() >> ((i - 1) * bits_of_byte));
    return bytes.append(why);
}

}  // namespace vnc
