#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace hvfbd {

// While it lives, this thread opens files with the rights of the service: user hvfbd, its groups and group
// video (SupplementaryGroups= of the unit). For programs that root runs to see which files the daemon can
// read. Nothing changes where the caller is not root, or where there is no user hvfbd.
class RightsOfService {
  public:
    RightsOfService();
    RightsOfService(const RightsOfService&) = delete;
    RightsOfService& operator=(const RightsOfService&) = delete;
    ~RightsOfService();

  private:
    struct Before {
        uid_t user;
        gid_t group;
        std::vector<gid_t> groups;
    };
    std::optional<Before> before_;
};

}  // namespace hvfbd
