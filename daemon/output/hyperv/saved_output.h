#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "output/hyperv/session.h"

namespace hvfbd::hyperv {

// What the Hyper-V output saves for the next process. Values only.
struct SavedOutput {
    std::uint64_t connection = 0;  // how many times the device was opened
    std::size_t descriptors =
        0;               // of the device; 0: none is open with an active session, and the rest means nothing
    std::string device;  // for UioPort::restore()
    std::uint64_t vram_address = 0, vram_size = 0;
    Session::Saved session;
};

std::string encode_saved_output(const SavedOutput& saved);
// From any bytes.
std::optional<SavedOutput> decode_saved_output(const std::string& bytes);

// The name of the device's descriptor of that index.
inline std::string stored_device_name(std::uint64_t connection, std::size_t index) {
    return "uio" + std::to_string(connection) + "." + std::to_string(index);
}

}  // namespace hvfbd::hyperv
