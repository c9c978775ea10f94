#include "binding/binding.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/file_reading.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;
using Sentences = std::vector<std::string>;

[[noreturn]] void refuse(const Obstacle& obstacle) {
    throw RequestError(RequestError::Kind::not_supported, obstacle.sentence + "; " + obstacle.mend);
}

void refuse_if(const std::optional<Obstacle>& obstacle) {
    if (obstacle) refuse(*obstacle);
}

// Nothing: not set, which the kernel shows as "(null)".
std::optional<std::string> driver_override(const VmbusDevice& device) {
    const std::string text = first_line_if_there(device.folder / "driver_override");
    if (text.empty() || text == "(null)") return std::nullopt;
    return text;
}

std::string node_of(const VmbusDevice& device) {
    return "/dev/" + device.uio.value_or("uio?");
}

std::string joined(const Sentences& sentences) {
    std::string all;
    for (const std::string& sentence : sentences) all += (all.empty() ? "" : "; ") + sentence;
    return all;
}

}  // namespace

Binding::Binding(const fs::path& root, KernelControls& controls)
    : root_(root), bus_(root / "sys/bus/vmbus"), controls_(controls), file_(root / "run/hvfbd/binding") {}

fs::path Binding::driver_file(const std::string& driver, const char* name) const {
    return bus_ / "drivers" / driver / name;
}

fs::path Binding::firmware_file(const FirmwareFramebuffer& framebuffer, const char* name) const {
    return root_ / "sys/bus/platform/drivers" / framebuffer.driver.value() / name;
}

std::optional<VmbusDevice> Binding::find(const std::string& instance) const {
    for (const VmbusDevice& device : find_synthetic_video(root_ / "sys"))
        if (device.instance == instance) return device;
    return std::nullopt;
}

VmbusDevice Binding::found(const std::string& instance) const {
    if (auto device = find(instance)) return *device;
    throw std::runtime_error("the host took " + instance + " away");
}

std::optional<FirmwareFramebuffer> Binding::find_firmware(const std::string& device) const {
    for (const FirmwareFramebuffer& framebuffer : read_circumstances(root_).firmware)
        if (framebuffer.device == device) return framebuffer;
    return std::nullopt;
}

Sentences Binding::bind(const Options& options) {
    Circumstances now = read_circumstances(root_);
    refuse_if(missing_device(now));
    if (!Circumstances::is_bound(*now.device())) {
        if (!options.force) {
            refuse_if(unsupported_channel(now));
            refuse_if(locked_down(now));
        }
        if (!now.uio_driver_loaded) controls_.load_module(uio_driver);
        // Where driver_override says so, the module takes the device as it comes.
        now = read_circumstances(root_);
        refuse_if(missing_device(now));
        if (!now.uio_driver_loaded)
            refuse({"the module uio_hv_generic cannot be loaded",
                    "modprobe uio_hv_generic says why; a kernel needs CONFIG_UIO_HV_GENERIC for it"});
    }
    const VmbusDevice device = *now.device();
    if (Circumstances::is_bound(device)) return bound_already(now, device, options);

    BindingState state = plan(now, device, options);
    file_.save(state);
    try {
        take(state);
    } catch (const std::exception& error) {
        const Sentences left = undo(state);
        if (left.empty()) file_.remove();
        throw std::runtime_error(std::string(error.what()) + (left.empty()
                                                                  ? "; everything is as before"
                                                                  : "; and to undo it: " + joined(left)));
    }
    Sentences done = {device.instance + " is bound to uio_hv_generic, as " + node_of(found(device.instance))};
    if (device.driver) done.front() += "; it was " + *device.driver + "'s";
    for (const FirmwareFramebuffer& framebuffer : read_circumstances(root_).firmware)
        if (framebuffer.driver)
            done.push_back(framebuffer.device + " (" + *framebuffer.driver +
                           ") may still draw on the same memory; see --take-firmware-framebuffer");
    return done;
}

Sentences Binding::bound_already(const Circumstances& circumstances, const VmbusDevice& device,
                                 const Options& options) {
    Sentences done = {device.instance + " is bound to uio_hv_generic already, as " + node_of(device)};
    auto state = file_.load();
    // Somebody else's binding is not undone by us, and so neither is what would be taken for it.
    if (!options.take_firmware_framebuffer || !state || state->instance != device.instance) return done;
    std::ranges::copy_if(circumstances.firmware, std::back_inserter(state->firmware),
                         [](const FirmwareFramebuffer& each) { return each.driver.has_value(); });
    file_.save(*state);
    for (const FirmwareFramebuffer& framebuffer : state->firmware)
        if (const auto now = find_firmware(framebuffer.device); now && now->driver) {
            controls_.write(firmware_file(framebuffer, "unbind"), framebuffer.device);
            done.push_back(framebuffer.device + " is taken from " + *now->driver);
        }
    return done;
}

BindingState Binding::plan(const Circumstances& circumstances, const VmbusDevice& device,
                           const Options& options) const {
    BindingState state = {device.instance, device.driver, driver_override(device), false, {}};
    if (options.take_firmware_framebuffer)
        std::ranges::copy_if(circumstances.firmware, std::back_inserter(state.firmware),
                             [](const FirmwareFramebuffer& each) { return each.driver.has_value(); });
    // A bind() that was killed: what it found counts, where it has changed that already.
    const auto before = file_.load();
    if (!before || before->instance != device.instance) return state;
    if (!state.driver) state.driver = before->driver;
    if (state.override_before == uio_driver) state.override_before = before->override_before;
    state.id_added = before->id_added;
    for (const FirmwareFramebuffer& taken : before->firmware)
        if (std::ranges::none_of(state.firmware,
                                 [&](const auto& each) { return each.device == taken.device; }))
            state.firmware.push_back(taken);
    return state;
}

void Binding::take(BindingState& state) {
    for (const FirmwareFramebuffer& framebuffer : state.firmware)
        if (const auto now = find_firmware(framebuffer.device); now && now->driver)
            controls_.write(firmware_file(framebuffer, "unbind"), framebuffer.device);

    const VmbusDevice device = found(state.instance);
    // From now on no other driver takes the device, whenever it is loaded.
    controls_.write(device.folder / "driver_override", uio_driver);
    // Takes the device at once if nobody has it.
    if (add_id()) {
        state.id_added = true;
        file_.save(state);
    }
    if (const auto now = found(state.instance); now.driver && !Circumstances::is_bound(now))
        controls_.write(driver_file(*now.driver, "unbind"), state.instance);
    if (!Circumstances::is_bound(found(state.instance))) give_to_uio(state.instance);

    const VmbusDevice bound = found(state.instance);
    if (!Circumstances::is_bound(bound) || !bound.uio)
        throw std::runtime_error("uio_hv_generic did not take " + state.instance);
    if (!controls_.wait_for(root_ / "dev" / *bound.uio))
        throw std::runtime_error("there is no " + node_of(bound) + ", some seconds after it was announced");
}

void Binding::give_to_uio(const std::string& instance) {
    try {
        controls_.write(driver_file(uio_driver, "bind"), instance);
    } catch (const std::system_error& error) {
        if (error.code().value() != EOPNOTSUPP) throw;
        throw std::runtime_error("uio_hv_generic refuses " + instance +
                                 ", whose channel has no monitor bit; use Linux 6.10 or later");
    }
}

// False: the driver knew it already.
bool Binding::add_id() {
    try {
        controls_.write(driver_file(uio_driver, "new_id"), std::string(synthetic_video_class));
        return true;
    } catch (const std::system_error& error) {
        if (error.code().value() != EEXIST) throw;
        return false;
    }
}

Sentences Binding::undo(const BindingState& state) {
    Sentences failed;
    const auto attempt = [&](const std::function<void()>& step) {
        try {
            step();
        } catch (const std::exception& error) {
            failed.emplace_back(error.what());
        }
    };
    attempt([&] {
        if (const auto device = find(state.instance); device && Circumstances::is_bound(*device))
            controls_.write(driver_file(uio_driver, "unbind"), state.instance);
    });
    attempt([&] {
        if (state.id_added && fs::exists(driver_file(uio_driver, "remove_id"))) remove_id();
    });
    attempt([&] {
        // Somebody else's word is left alone.
        if (const auto device = find(state.instance); device && driver_override(*device) == uio_driver)
            controls_.write(device->folder / "driver_override", state.override_before.value_or("\n"));
    });
    // Before the device's own driver, which then takes the memory from the firmware's as it does at boot:
    // there are never two that draw on it.
    for (const FirmwareFramebuffer& framebuffer : state.firmware)
        attempt([&] {
            if (const auto now = find_firmware(framebuffer.device); now && !now->driver)
                controls_.write(firmware_file(framebuffer, "bind"), framebuffer.device);
        });
    attempt([&] {
        const auto device = find(state.instance);
        if (!device || device->driver) return;
        // A driver that was loaded while the device was taken found nothing for it: the kernel is asked to
        // look again. Not if it would find uio_hv_generic, which knew the class before.
        if (state.driver)
            controls_.write(driver_file(*state.driver, "bind"), state.instance);
        else if (state.id_added && fs::exists(bus_ / "drivers_probe"))
            controls_.write(bus_ / "drivers_probe", state.instance);
    });
    return failed;
}

void Binding::remove_id() {
    try {
        controls_.write(driver_file(uio_driver, "remove_id"), std::string(synthetic_video_class));
    } catch (const std::system_error& error) {
        if (error.code().value() != ENODEV) throw;  // it is gone already
    }
}

Sentences Binding::release() {
    const auto state = file_.load();
    if (!state) return {"nothing was taken, so that there is nothing to give back"};
    if (const Sentences failed = undo(*state); !failed.empty()) throw std::runtime_error(joined(failed));
    file_.remove();
    const auto device = find(state->instance);
    return {state->instance + (!device          ? " is gone"
                               : device->driver ? " is " + *device->driver + "'s again"
                                                : " has no driver again")};
}

Binding::Status Binding::status() const {
    const Circumstances now = read_circumstances(root_);
    if (const auto missing = missing_device(now)) return {false, {missing->sentence}};
    const VmbusDevice& device = *now.device();
    const bool bound = Circumstances::is_bound(device);
    const auto state = file_.load();
    Status status = {bound, {}};
    const auto line = [&](std::string name, const std::string& value) {
        name.resize(16, ' ');
        status.lines.push_back(name + value);
    };
    line("device", device.instance);
    line("driver", device.driver.value_or("none"));
    if (bound) line("node", node_of(device));
    line("monitor bit", device.monitor_id ? std::to_string(*device.monitor_id) : "none");
    if (bound)
        line("bound by", !state          ? "somebody else"
                         : state->driver ? "hvfbd-bind; it was " + *state->driver + "'s"
                                         : "hvfbd-bind; it was nobody's");
    for (const FirmwareFramebuffer& framebuffer : now.firmware)
        line("firmware's", framebuffer.device + ", " + framebuffer.driver.value_or("without a driver"));
    for (const auto& obstacle : {unsupported_channel(now), locked_down(now)})
        if (obstacle) line("obstacle", obstacle->sentence + "; " + obstacle->mend);
    return status;
}

}  // namespace hvfbd
