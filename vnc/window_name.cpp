#include "vnc/window_name.h"

#include "vnc/pseudo_encoding.h"

namespace vnc {

std::string view_only(const std::string& name) {
    return name + " (view only)";
}

std::vector<std::uint8_t> window_name_update(const std::string& name) {
    std::vector<std::uint8_t> update = update_without_pixels(window_name_encoding);
    append_number(update, static_cast<std::uint32_t>(name.size()));
    update.insert(update.end(), name.begin(), name.end());
    return update;
}

}  // namespace vnc
