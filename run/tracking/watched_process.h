#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/tracking/mapped_parts.h"

namespace run {

// The memory that is looked for in processes, by its file.
struct MemoryFile {
    dev_t device = 0;
    ino_t inode = 0;
};

// Whether the process maps it so that stores are shared. Also false: it has ended, or nobody may look.
bool maps_shared(pid_t process, MemoryFile file);

// Whether this kernel can watch another process's memory; empty, or what is missing.
std::string watching_refused();

// The memory of another process, write-protected in a way that nobody notices: the kernel lets each store go
// on, and lists which pages were written. What is protected belongs to that process's memory, so that it goes
// with it, and with this object.
class WatchedProcess {
  public:
    // By a userfaultfd that was made in it. Nothing, and errno.
    static std::optional<WatchedProcess> begin(pid_t process, hvfbd::Descriptor userfault, MemoryFile file);

    pid_t process() const { return process_; }
    // Watches what it maps of the file now.
    enum class Result {
        watched,
        nothing,  // it maps nothing into which it may store, or is gone
        refused   // and `why` says by what
    };
    Result watch();
    const std::string& why() const { return why_; }
    // Calls visit(offset in the file, size) for what was written since the last time, and protects it again.
    // False: what was watched is not all there any more, so that nothing is known.
    bool take_written(const std::function<void(std::uint64_t, std::uint64_t)>& visit);

  private:
    WatchedProcess(pid_t process, hvfbd::Descriptor userfault, hvfbd::Descriptor maps,
                   hvfbd::Descriptor pagemap, MemoryFile file)
        : process_(process),
          userfault_(std::move(userfault)),
          maps_(std::move(maps)),
          pagemap_(std::move(pagemap)),
          file_(file) {}
    // 0 or an errno.
    int protect(const MappedPart& part) const;
    bool scan(std::span<const MappedPart> together,
              const std::function<void(std::uint64_t, std::uint64_t)>& visit) const;

    pid_t process_;
    hvfbd::Descriptor userfault_, maps_, pagemap_;
    MemoryFile file_;
    std::vector<MappedPart> parts_;
    std::string why_;
};

}  // namespace run
