#include "granted_userfaultfd.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/file_reading.h"
#include "configured_output.h"
#include "rights.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
namespace fs = std::filesystem;

// Whether the daemon gives one to programs that may not make it, and else what lets it.
Finding examine_grant(const fs::path& root) {
    const char* const subject = "userfaultfd from hvfbd";
    std::vector<hvfbd::ConfigurationWarning> warnings;
    if (!read_configuration(root, warnings).grant_userfaultfd)
        return {
            Level::warn, subject, "GrantUserfaultfd=no: programs of group video are given none",
            "printf '[Clients]\\nGrantUserfaultfd=yes\\n' > /etc/hvfbd/hvfbd.conf.d/zz-userfaultfd.conf && "
            "systemctl reload hvfbd"};
    const fs::path device = root / "dev/userfaultfd";
    if (!hvfbd::is_there(device))
        return {Level::warn, subject, "there is no /dev/userfaultfd",
                "use Linux 6.1 or later, with CONFIG_USERFAULTFD"};
    Finding found =
        examine_rights(subject, device, "/dev/userfaultfd",
                       "udevadm control --reload && udevadm trigger --name-match=userfaultfd # "
                       "without udev: chgrp hvfbd /dev/userfaultfd && chmod 0660 /dev/userfaultfd",
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
        findings.push_back(
            {well ? Level::ok : Level::warn, subject,
             error == 0 ? "may be used" : std::string("may not be used: ") + std::strerror(error),
             well ? "" : mend});
    };
    way("userfaultfd(2)", abilities.system_call_errno, "sysctl -w vm.unprivileged_userfaultfd=1");
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
