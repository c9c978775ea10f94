#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "binding/circumstances.h"

namespace hvfbd {

// What was before a device was bound, and is to be again.
struct BindingState {
    std::string instance;                        // of the device
    std::optional<std::string> driver;           // what held it; nothing: nobody did
    std::optional<std::string> override_before;  // of its driver_override
    bool id_added = false;                       // uio_hv_generic did not know the class before
    std::vector<FirmwareFramebuffer> firmware;   // taken from their drivers, each with its driver

    bool operator==(const BindingState&) const = default;
};

// A file of lines KEY=VALUE, which only root writes: saved from bind to release.
class StateFile {
  public:
    explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}

    // Nothing: there is no such file. Throws std::runtime_error if it is not one of ours, std::system_error
    // if it cannot be read.
    std::optional<BindingState> load() const;
    // Replaces it as a whole. Throws std::system_error.
    void save(const BindingState& state) const;
    // Throws std::system_error; not if there is none.
    void remove() const;

  private:
    std::filesystem::path path_;
};

}  // namespace hvfbd
