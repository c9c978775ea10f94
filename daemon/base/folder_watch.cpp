#include "base/folder_watch.h"

#include <sys/epoll.h>
#include <sys/inotify.h>

#include <array>

#include "base/error.h"

namespace hvfbd {

FolderWatch::FolderWatch(EventLoop& loop, const std::filesystem::path& folder, std::function<void()> callback)
    : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    // Of these a user has a number of its own, too.
    if (!inotify_ && errno == EMFILE)
        throw_errno("make an inotify descriptor (or sysctl fs.inotify.max_user_instances)");
    if (!inotify_) throw_errno("make an inotify descriptor");
    constexpr std::uint32_t events =
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
    if (::inotify_add_watch(inotify_.get(), folder.c_str(), events) < 0)
        throw_errno("watch the folder " + folder.string());
    source_ = loop.watch(inotify_.get(), EPOLLIN, [this, callback = std::move(callback)](std::uint32_t) {
        drain();
        callback();
    });
}

void FolderWatch::drain() {
    // A few names at once; what is left wakes the loop again.
    alignas(inotify_event) std::array<char, 4096> events{};
    [[maybe_unused]] ssize_t got = ::read(inotify_.get(), events.data(), events.size());
}

}  // namespace hvfbd
