#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "binding/circumstances.h"
#include "binding/kernel_controls.h"
#include "binding/state_file.h"

namespace hvfbd {

// Takes the synthetic video device from its driver, binds it to uio_hv_generic for the daemon, and gives it
// back as it was. What was is written to a file before anything changes, so that release() also mends what a
// bind() left that was killed.
class Binding {
  public:
    struct Options {
        // Also takes the firmware's picture from the driver that draws on it.
        bool take_firmware_framebuffer = false;
        // Tries although the kernel's version or its lockdown says that it cannot work.
        bool force = false;
    };

    // `root` is "/", or a test's. The controls are borrowed.
    Binding(const std::filesystem::path& root, KernelControls& controls);

    // Sentences on what was done, or that there was nothing to do. Throws RequestError with the one sentence
    // that says why not and what would mend it, with nothing changed; std::runtime_error if the kernel did
    // not go along, with everything as before, or else with what could not be undone.
    std::vector<std::string> bind(const Options& options);

    // Gives back what bind() took: nothing else, and nothing if that was nothing. As above; throws
    // std::runtime_error with all that failed, and can then be tried again.
    std::vector<std::string> release();

    struct Status {
        bool bound = false;
        std::vector<std::string> lines;  // for people
    };
    // Throws if the file of what was cannot be read.
    Status status() const;

  private:
    std::filesystem::path driver_file(const std::string& driver, const char* name) const;
    std::filesystem::path firmware_file(const FirmwareFramebuffer& framebuffer, const char* name) const;
    // Nothing: the host has taken it away. found() throws std::runtime_error instead.
    std::optional<VmbusDevice> find(const std::string& instance) const;
    VmbusDevice found(const std::string& instance) const;
    std::optional<FirmwareFramebuffer> find_firmware(const std::string& device) const;

    std::vector<std::string> bound_already(const Circumstances& circumstances, const VmbusDevice& device,
                                           const Options& options);
    BindingState plan(const Circumstances& circumstances, const VmbusDevice& device,
                      const Options& options) const;
    void take(BindingState& state);
    void give_to_uio(const std::string& instance);
    bool add_id();
    void remove_id();
    // Finds what is not as it was, and restores only that. A failure does not end it; the sentences are what
    // failed.
    std::vector<std::string> undo(const BindingState& state);

    std::filesystem::path root_, bus_;
    KernelControls& controls_;
    StateFile file_;
};

}  // namespace hvfbd
