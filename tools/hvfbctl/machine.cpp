#include "machine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/file_reading.h"
#include "common/kernel_version.h"
#include "configured_output.h"
#include "examine_each.h"
#include "granted_userfaultfd.h"
#include "hyperv_guest.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
namespace fs = std::filesystem;

void examine_kernel(Findings& findings) {
    utsname name = {};
    uname(&name);
    const auto version = hvfbd::kernel_version(name.release);
    if (!version) {
        findings.push_back({Level::warn, "kernel",
                            std::string(name.release) + ": no version of Linux can be read from it", ""});
        return;
    }
    const bool scans = *version >= hvfbd::KernelVersion{6, 7};
    const bool waits = *version >= hvfbd::KernelVersion{6, 4};
    findings.push_back(
        {scans ? Level::ok : Level::warn, "kernel",
         std::string(name.release) +
             (scans   ? ": has all that tracking uses"
              : waits ? ": older than 6.7, so that programs that draw much are compared, not scanned"
                      : ": older than 6.4, so that stores are looked for, not noticed"),
         scans ? "" : "sudo apt-get install -t bookworm-backports linux-image-amd64"});
}

void examine_memfd(Findings& findings) {
    // Linux 5.1; from 6.3 on the kernel logs who does not say whether the file may be executed.
    constexpr int seal_future_write = 0x0010;
    const int descriptor = memfd_create("hvfbctl doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    const bool sealed = descriptor >= 0 &&
                        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | seal_future_write) == 0;
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    findings.push_back({sealed ? Level::ok : Level::bad, "memfd seals",
                        sealed ? "work" : std::string("do not work: ") + std::strerror(error),
                        sealed ? "" : "use Linux 5.1 or later"});
}

void examine_devices(const fs::path& root, Findings& findings) {
    std::string uio, drm;
    for (const fs::path& device : hvfbd::entries_if_there(root / "dev"))
        if (device.filename().string().starts_with("uio")) uio += " " + device.string();
    for (const fs::path& device : hvfbd::entries_if_there(root / "dev/dri"))
        if (device.filename().string().starts_with("card")) drm += " " + device.string();
    findings.push_back({Level::ok, "UIO devices", uio.empty() ? "none on this machine" : uio.substr(1), ""});
    findings.push_back({Level::ok, "DRM devices", drm.empty() ? "none on this machine" : drm.substr(1), ""});
}

}  // namespace

const char* level_name(Level level) {
    constexpr std::array<const char*, 3> names = {"ok", "warn", "bad"};
    return names.at(static_cast<std::size_t>(level));
}

std::vector<Finding> examine_machine(const fs::path& root) {
    Findings findings;
    examine_kernel(findings);
    examine_each("tracking", findings, [&] { examine_tracking(root, findings); });
    examine_memfd(findings);
    examine_each("Hyper-V guest", findings, [&] { examine_hyperv_guest(root, findings); });
    examine_each("devices", findings, [&] { examine_devices(root, findings); });
    examine_each("configured output", findings, [&] { examine_configured_output(root, findings); });
    return findings;
}

}  // namespace hvfbctl
