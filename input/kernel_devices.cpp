#include "input/kernel_devices.h"

#include <system_error>

namespace input {

// Asked anew each time: a module may be loaded in between.
Devices& KernelDevices::present() {
    try {
        uinput_.check();
        return uinput_;
    } catch (const std::system_error& without_uinput) {
        try {
            uhid_.check();
            return uhid_;
        } catch (const std::system_error& without_uhid) {
            throw std::system_error(without_uinput.code(),
                                    std::string(without_uhid.what()) + ", and open /dev/uinput");
        }
    }
}

void KernelDevices::check() {
    present();
}

std::unique_ptr<Device> KernelDevices::make(Kind kind) {
    return present().make(kind);
}

}  // namespace input
