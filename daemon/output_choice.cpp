#include "output_choice.h"

#include <algorithm>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_reading.h"
#include "devices/kernel_uio.h"
#include "devices/simulated_uio.h"
#include "devices/vmbus_devices.h"
#include "output/drm/kernel_card.h"
#include "output/drm/screens.h"
#include "output/hyperv/hyperv_output.h"
#include "output/memory_output.h"
#include "output/uio/uio_output.h"

namespace hvfbd {

namespace {

constexpr std::string_view simulated = "simulated:", devices = "/dev/";

// The synthetic video device that is bound to uio_hv_generic now: it may come late, and come back with
// another number.
KernelUioPort::Where find_bound() {
    auto found = find_synthetic_video("/sys");
    if (found.empty())
        throw std::system_error(
            ENODEV, std::generic_category(),
            "there is no synthetic video device: this is no Hyper-V guest, or one without a screen");
    for (const VmbusDevice& device : found)
        if (device.uio) return {*device.uio, device.monitor_id};
    throw std::system_error(ENODEV, std::generic_category(),
                            "the synthetic video device is held by " +
                                found.front().driver.value_or("nobody") +
                                "; bind it to uio_hv_generic: sudo systemctl start hvfbd-bind");
}

std::unique_ptr<UioPort> make_port(const std::string& uio) {
    if (uio.starts_with(simulated)) return std::make_unique<SimulatedUioPort>(uio.substr(simulated.size()));
    if (uio.empty()) return std::make_unique<KernelUioPort>(find_bound, "/sys", "/dev");
    std::string name = uio.starts_with(devices) ? uio.substr(devices.size()) : uio;
    if (name.find('/') != std::string::npos)
        throw RequestError(RequestError::Kind::invalid_arguments,
                           "Uio=" + uio + " in hvfbd.conf is neither /dev/uioN nor simulated:PATH");
    auto named = [name]() -> KernelUioPort::Where {
        for (const VmbusDevice& device : find_synthetic_video("/sys"))
            if (device.uio == name) return {name, device.monitor_id};
        return {name, std::nullopt};
    };
    return std::make_unique<KernelUioPort>(named, "/sys", "/dev");
}

bool there_is_hyperv(const std::string& uio) {
    if (uio.starts_with(simulated)) return true;
    auto found = find_synthetic_video("/sys");
    return std::any_of(found.begin(), found.end(),
                       [](const VmbusDevice& device) { return device.uio.has_value(); });
}

// What a process before showed on: a screen that is off for the night, or a device that the host has taken
// away for a moment, is no reason to show on something else. A configuration that has changed is one.
bool showed_on(std::string_view output, std::span<const RestoredOutput> restored_outputs) {
    return std::ranges::any_of(restored_outputs, [&](const RestoredOutput& restored) {
        return restored.wanted && restored.name == output;
    });
}

// Not one that another driver has: it was given back. Nor where there is no Hyper-V: that was a simulated
// one.
bool hyperv_may_come_back() {
    return is_there("/sys/bus/vmbus") &&
           std::ranges::none_of(find_synthetic_video("/sys"), [](const VmbusDevice& device) {
               return device.driver && *device.driver != uio_hyperv_driver;
           });
}

// What was set over the bus goes before the configuration, where it was set of an output of this name.
std::optional<Mode> mode_of(std::size_t display, std::string_view output, const Configuration& configuration,
                            std::span<const RestoredOutput> restored_outputs) {
    bool was_set = display < restored_outputs.size() && restored_outputs[display].name == output &&
                   restored_outputs[display].mode;
    return was_set ? restored_outputs[display].mode : configuration.output.mode;
}

// How large it was.
std::optional<Mode> size_of(std::size_t display, std::string_view output,
                            std::span<const RestoredOutput> restored_outputs) {
    return display < restored_outputs.size() && restored_outputs[display].name == output
               ? restored_outputs[display].size
               : std::nullopt;
}

bool fits(std::optional<Mode> mode, std::uint32_t stride) {
    try {
        if (mode) layout_for(*mode, stride);
        return true;
    } catch (const RequestError&) {
        return false;
    }
}

std::unique_ptr<Outputs> make_drm(EventLoop& loop, const Configuration& configuration,
                                  std::span<const RestoredOutput> restored_outputs) {
    const auto& wanted = configuration.output;
    drm::Screens::Options options{wanted.connector, mode_of(0, "drm", configuration, restored_outputs),
                                  wanted.screens == "apart"};
    for (std::size_t i = 0; i < restored_outputs.size() && showed_on("drm", restored_outputs); ++i) {
        options.before.push_back({drm::DrmOutput::saved_connector(restored_outputs[i].state),
                                  mode_of(i, "drm", configuration, restored_outputs)});
        options.sizes.push_back(size_of(i, "drm", restored_outputs));
    }
    return std::make_unique<drm::Screens>(
        loop, std::make_unique<drm::KernelCardPort>(wanted.card, wanted.connector), options);
}

// A screen that shows already, and nothing less: who asked for no output in particular does not wait for one.
// Not so where a process before had one.
std::unique_ptr<Outputs> drm_that_shows(EventLoop& loop, const Configuration& configuration,
                                        std::span<const RestoredOutput> restored_outputs) {
    // A card that cannot be opened for want of a descriptor is no reason to show elsewhere.
    expect_descriptors(8);
    try {
        auto outputs = make_drm(loop, configuration, restored_outputs);
        for (const Output* output : outputs->all())
            if (output->visible() || showed_on("drm", restored_outputs)) return outputs;
    } catch (const std::system_error& error) {
        if (is_shortage(error)) throw;
        // No device events to be heard, as in a container: there is no screen in there either.
    }
    return nullptr;
}

std::unique_ptr<Outputs> alone(std::unique_ptr<Output> output) {
    auto outputs = std::make_unique<SeparateOutputs>();
    outputs->add(std::move(output));
    return outputs;
}

uio::KernelScreenPort screen_port(const Configuration& configuration, const SystemFolders& folders) {
    const auto& wanted = configuration.output;
    return {wanted.uio, wanted.framebuffer, wanted.framebuffer_size, folders};
}

hyperv::FramebufferSource video_memory(const Configuration& configuration) {
    return {configuration.output.framebuffer, configuration.output.framebuffer_size};
}

}  // namespace

void check_outputs(const Configuration& configuration) {
    const auto& wanted = configuration.output;
    if (wanted.type == "uio") {
        screen_port(configuration, {});
        layout_for(wanted.mode.value_or(default_mode), wanted.stride);
    }
    if (wanted.type == "hyperv" || wanted.type == "auto") {
        make_port(wanted.uio);
        video_memory(configuration);
    }
}

std::unique_ptr<Outputs> make_outputs(EventLoop& loop, const Configuration& configuration,
                                      const DaemonOptions& options,
                                      std::span<const RestoredOutput> restored_outputs) {
    const auto& wanted = configuration.output;
    bool automatic = wanted.type == "auto";
    if (wanted.type == "hyperv" ||
        (automatic && (there_is_hyperv(wanted.uio) ||
                       (showed_on("hyperv", restored_outputs) && hyperv_may_come_back())))) {
        hyperv::HypervOutput::Options of_host;
        of_host.session.mode = mode_of(0, "hyperv", configuration, restored_outputs);
        of_host.session.before = size_of(0, "hyperv", restored_outputs);
        of_host.session.assume_visible = wanted.assume_visible;
        of_host.rectangles_per_message = wanted.rectangles_per_message;
        return alone(std::make_unique<hyperv::HypervOutput>(
            loop, make_port(wanted.uio), video_memory(configuration), of_host,
            restored_outputs.empty() ? nullptr : &restored_outputs.front()));
    }
    if (wanted.type == "drm") return make_drm(loop, configuration, restored_outputs);
    if (automatic)
        if (auto outputs = drm_that_shows(loop, configuration, restored_outputs)) return outputs;
    if (automatic || wanted.type == "memory") {
        auto outputs = std::make_unique<SeparateOutputs>();
        for (std::size_t display = 0; display < options.displays; ++display)
            outputs->add(std::make_unique<MemoryOutput>(
                mode_of(display, "memory", configuration, restored_outputs).value_or(default_mode),
                options.row_padding));
        return outputs;
    }
    if (wanted.type == "uio") {
        SystemFolders folders;
        auto port = std::make_unique<uio::KernelScreenPort>(screen_port(configuration, folders));
        std::optional<Mode> mode = mode_of(0, "uio", configuration, restored_outputs);
        std::optional<Mode> before = size_of(0, "uio", restored_outputs);
        return alone(std::make_unique<uio::UioOutput>(
            loop, std::move(port), folders.devices,
            uio::UioOutput::Options{fits(mode, wanted.stride) ? mode : wanted.mode, wanted.stride,
                                    fits(before, wanted.stride) ? before : std::nullopt}));
    }
    throw RequestError(
        RequestError::Kind::not_supported,
        "this version has no output \"" + wanted.type + "\"; set Type=memory in hvfbd.conf, or leave it out");
}

}  // namespace hvfbd
