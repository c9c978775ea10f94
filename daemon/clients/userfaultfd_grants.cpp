#include "clients/userfaultfd_grants.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace hvfbd {

Descriptor UserfaultfdGrants::open() {
    // O_NONBLOCK: whatever has this name, opening it waits for nobody.
    Descriptor device(::open(device_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    int error = device ? 0 : errno;
    struct stat status {};
    if (device && (::fstat(device.get(), &status) < 0 || !S_ISCHR(status.st_mode))) {
        device.reset();
        error = ENODEV;
    }
    std::string problem;
    if (error != 0)
        problem = "programs that may not make a userfaultfd get none, and so never quite rest: opening " +
                  device_ + " failed: " + std::system_category().message(error) +
                  "; \"hvfbctl doctor\" says what mends it";
    problem_is_new_ = !problem.empty() && problem != problem_;
    problem_ = std::move(problem);
    return device;
}

}  // namespace hvfbd
