#pragma once

#include <filesystem>
#include <functional>

#include "base/descriptor.h"
#include "base/event_loop.h"

namespace hvfbd {

// Notices what appears in a folder, goes from it, or gets other rights (inotify). It says that something did,
// not what: whoever cares looks at the folder itself, so that nothing depends on the order of events or on
// none being lost. On the loop's thread.
class FolderWatch {
  public:
    // Throws std::system_error. Borrowed: the loop outlives the watch.
    FolderWatch(EventLoop& loop, const std::filesystem::path& folder, std::function<void()> callback);
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

  private:
    void drain();

    Descriptor inotify_;
    LoopSource source_;
};

}  // namespace hvfbd
