#include "examine_each.h"

#include <unistd.h>

#include <system_error>

namespace hvfbctl {

void examine_each(const std::string& subject, std::vector<Finding>& findings,
                  const std::function<void()>& examine) {
    try {
        examine();
    } catch (const std::system_error& error) {
        findings.push_back({Finding::Level::warn, subject,
                            std::string("could not be looked at: ") + error.what(),
                            geteuid() == 0 ? "mend that, and call hvfbctl doctor again"
                                           : "call it as root: sudo hvfbctl doctor"});
    }
}

}  // namespace hvfbctl
