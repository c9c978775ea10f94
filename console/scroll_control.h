#pragma once

#include <sys/types.h>

#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "common/descriptor.h"

namespace console {

// The socket by which hvfbctl scrolls (SOCK_SEQPACKET): a request a message, "hold" or one of
// scroll_request_in(), and an answer to each, "ok BACK KEPT", "refused" or "unknown". Who has said "hold"
// holds what is shown until the connection ends.
//
// Everybody may connect, but only who may scroll is answered. Waits for nobody.
class ScrollControl {
  public:
    // Makes the socket, in place of one that is there. `may_scroll` is asked at each connection and each
    // request. Throws std::system_error that names it.
    ScrollControl(std::string path, std::function<bool(uid_t)> may_scroll);
    ScrollControl(const ScrollControl&) = delete;
    ScrollControl& operator=(const ScrollControl&) = delete;
    // Removes it.
    ~ScrollControl();

    // Readable with POLLIN when take() has something to do.
    int fd() const { return events_.get(); }
    // `answer` gives the answer to a request that is not "hold".
    void take(const std::function<std::string(std::string_view request)>& answer);
    bool is_held() const;
    // Nobody holds any more.
    void end_holding();

  private:
    struct Peer {
        hvfbd::Descriptor socket;
        uid_t user;
        bool holds = false;
    };

    void accept_all();
    bool serve(Peer& peer, const std::function<std::string(std::string_view request)>& answer);

    std::string path_;
    std::function<bool(uid_t)> may_scroll_;
    hvfbd::Descriptor events_, listening_;
    std::list<Peer> peers_;  // the oldest first
};

}  // namespace console
