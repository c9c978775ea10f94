#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"

namespace hvfbd {

// A descriptor that shall outlive this process, and the name by which the next one finds it. A name stands
// for one open file and never for another: what takes a thing's place has a name of its own. The descriptor
// is borrowed.
struct StoredDescriptor {
    std::string name;
    int descriptor = -1;
};

// What the process before this one left.
class RestoredDescriptors {
  public:
    void add(const std::string& name, Descriptor descriptor) {
        descriptors_.insert_or_assign(name, std::move(descriptor));
    }
    // Empty if there is none of that name.
    Descriptor take(const std::string& name) {
        auto found = descriptors_.find(name);
        if (found == descriptors_.end()) return {};
        Descriptor taken = std::move(found->second);
        descriptors_.erase(found);
        return taken;
    }
    // Throws std::system_error if there is none.
    Descriptor demand(const std::string& name) {
        Descriptor taken = take(name);
        if (!taken) throw_errno("find the descriptor " + name, ENOENT);
        return taken;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, descriptor] : descriptors_) names.push_back(name);
        return names;
    }
    // What has a name that begins so, under the rest of its name.
    RestoredDescriptors take_part(const std::string& prefix) {
        RestoredDescriptors part;
        for (auto at = descriptors_.lower_bound(prefix);
             at != descriptors_.end() && at->first.starts_with(prefix);) {
            part.add(at->first.substr(prefix.size()), std::move(at->second));
            at = descriptors_.erase(at);
        }
        return part;
    }
    // Closes what nobody took.
    void clear() { descriptors_.clear(); }

  private:
    std::map<std::string, Descriptor> descriptors_;
};

}  // namespace hvfbd
