#include "granted_userfaultfd.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <sstream>
#include <string>

#include "base/file_reading.h"
#include "common/kernel_version.h"
#include "configured_output.h"
#include "rights.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
namespace fs = std::filesystem;

// The number of the device in this kernel. Nothing: it has no such device.
std::optional<unsigned> minor_number(const fs::path& root) {
    std::istringstream misc;
    if (const fs::path file = root / "proc/misc"; hvfbd::is_there(file))
        misc.str(hvfbd::read_regular_file(file, std::size_t{1} << 16));
    unsigned number = 0;
    for (std::string name; misc >> number >> name;)
        if (name == "userfaultfd") return number;
    return std::nullopt;
}

// A kernel that has the device makes its node; a container has the nodes that it was given.
std::string what_makes_the_node(const fs::path& root) {
    if (const auto number = minor_number(root))
        return "sudo mknod -m 0660 /dev/userfaultfd c 10 " + std::to_string(*number) +
               " && sudo chgrp hvfbd /dev/userfaultfd # or have the container given the node of the machine";
    utsname name = {};
    uname(&name);
    const auto version = hvfbd::kernel_version(name.release);
    return version && *version < hvfbd::KernelVersion{6, 1}
               ? "use Linux 6.1 or later, with CONFIG_USERFAULTFD"
               : "use a kernel with CONFIG_USERFAULTFD, as those of Debian are";
}

// Whether the daemon gives one to programs that may not make it, and else what lets it.
Finding examine_grant(const fs::path& root) {
    const char* const subject = "userfaultfd from hvfbd";
    std::vector<hvfbd::ConfigurationWarning> warnings;
    if (!read_configuration(root, warnings).grant_userfaultfd)
        return {Level::warn, subject, "GrantUserfaultfd=no: programs of group video are given none",
                "printf '[Clients]\\nGrantUserfaultfd=yes\\n' | sudo tee "
                "/etc/hvfbd/hvfbd.conf.d/zz-userfaultfd.conf && sudo systemctl reload hvfbd"};
    const fs::path device = root / "dev/userfaultfd";
    if (!hvfbd::is_there(device))
        return {Level::warn, subject, "there is no /dev/userfaultfd", what_makes_the_node(root)};
    Finding found =
        examine_rights(subject, device, "/dev/userfaultfd",
                       "sudo udevadm control --reload && sudo udevadm trigger --name-match=userfaultfd # "
                       "without udev: sudo chgrp hvfbd /dev/userfaultfd && sudo chmod 0660 /dev/userfaultfd",
                       "video");
    if (found.level == Level::ok)
        found.sentence += "; it is given to programs that may draw and may not make one";
    return found;
}

// Whether members of group video may make a full one themselves.
bool video_may(const fs::path& root, const std::string& sysctl) {
    if (sysctl == "1") return true;
    struct stat device = {};
    if (stat((root / "dev/userfaultfd").c_str(), &device) != 0) return false;
    const group* const video = getgrnam("video");
    const mode_t needed =
        video != nullptr && device.st_gid == video->gr_gid ? S_IRGRP | S_IWGRP : S_IROTH | S_IWOTH;
    return (device.st_mode & needed) == needed;
}

// `full`: who it is about has a userfaultfd that serves kernel-mode faults, which comes `from` somewhere.
Finding tracking(const std::string& subject, const UserfaultfdAbilities& abilities, bool full,
                 const std::string& from, const std::string& mend) {
    const bool announces = full && abilities.write_protects_memfd;
    const bool scans = abilities.write_protects_without_stop && abilities.scans_pages &&
                       (full || abilities.user_mode_only_errno == 0);
    if (announces)
        return {Level::ok, subject,
                (scans ? "resting and scanning" : "resting and comparing") +
                    (": a display at rest costs nothing" + from),
                ""};
    return {Level::warn, subject,
            scans ? "scanning: the daemon collects a few times a second, even at rest"
                  : "polled: the daemon compares whole pictures, even at rest",
            full ? "use Linux 6.4 or later" : mend};
}

}  // namespace

void examine_tracking(const fs::path& root, Findings& findings) {
    const UserfaultfdAbilities abilities = probe_userfaultfd();
    const std::string sysctl = hvfbd::first_line_if_there(root / "proc/sys/vm/unprivileged_userfaultfd");
    const Finding grant = examine_grant(root);
    const bool own = abilities.system_call_errno == 0 || abilities.device_errno == 0;
    const bool granted = grant.level == Level::ok;
    const auto way = [&](const char* subject, int error, const std::string& mend) {
        const bool well = error == 0 || own || granted;
        const std::string why = std::strerror(error);
        findings.push_back({well ? Level::ok : Level::warn, subject,
                            error == 0 ? "may be used"
                            : well     ? std::string("not needed, since ") +
                                         (own ? "another way may be used" : "hvfbd gives a userfaultfd") +
                                         " (it may not be used: " + why + ")"
                                   : "may not be used: " + why,
                            well ? "" : mend});
    };
    way("userfaultfd(2)", abilities.system_call_errno, "sudo sysctl -w vm.unprivileged_userfaultfd=1");
    way("/dev/userfaultfd", abilities.device_errno, grant.mend);
    way("userfaultfd(2), user mode", abilities.user_mode_only_errno,
        "run outside the container or seccomp filter that forbids userfaultfd");
    findings.push_back(grant);
    findings.push_back({Level::ok, "vm.unprivileged_userfaultfd",
                        sysctl.empty() ? "this kernel has no such setting"
                                       : sysctl + (sysctl == "0" ? ": for root only" : ": for everybody"),
                        ""});
    findings.push_back(
        {abilities.write_protects_memfd ? Level::ok : Level::warn, "write-protected memfd",
         abilities.write_protects_memfd ? "the kernel has it" : "the kernel does not have it, or not for us",
         abilities.write_protects_memfd ? "" : "use Linux 6.4 or later"});
    const bool scans = abilities.write_protects_without_stop && abilities.scans_pages;
    findings.push_back({scans ? Level::ok : Level::warn, "WP_ASYNC and PAGEMAP_SCAN",
                        scans ? "the kernel has both" : "the kernel does not have both, or not for us",
                        scans ? "" : "use Linux 6.7 or later"});
    const std::string from_daemon = ", with the userfaultfd that hvfbd gives";
    findings.push_back(tracking("tracking", abilities, own || granted, own ? "" : from_daemon, grant.mend));
    if (geteuid() != 0) return;
    const bool video = video_may(root, sysctl);
    findings.push_back(tracking("tracking of group video", abilities, video || granted,
                                video ? ", with a userfaultfd of their own" : from_daemon, grant.mend));
}

}  // namespace hvfbctl
