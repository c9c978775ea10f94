#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/stored_descriptors.h"

namespace hvfbd::testing {

// What a service manager is to a daemon that stores descriptors with it: a socket that takes notifications,
// and a store whose content the next process gets. As strict as systemd: FDPOLL=0 or it would drop what hangs
// up.
class ServiceManager {
  public:
    ServiceManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        // The kernel chooses a name in its abstract space.
        socklen_t size = sizeof(sa_family_t);
        if (!socket_ || ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) < 0)
            throw_errno("make the manager's socket");
        size = sizeof address;
        if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0)
            throw_errno("read the manager's address");
        address_ = '@' + std::string(address.sun_path + 1, size - sizeof(sa_family_t) - 1);
    }

    const std::string& address() const { return address_; }  // for $NOTIFY_SOCKET
    int socket() const { return socket_.get(); }
    std::size_t stored() const { return store_.size(); }
    void empty() { store_.clear(); }
    bool has_heard(const std::string& line) const { return heard_.contains(line); }

    // Takes all notifications there are.
    void listen() {
        char text[4096];
        alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
        for (;;) {
            iovec data{text, sizeof text - 1};
            msghdr header{};
            header.msg_iov = &data;
            header.msg_iovlen = 1;
            header.msg_control = control;
            header.msg_controllen = sizeof control;
            ssize_t size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
            if (size < 0) return;
            Descriptor attached;
            for (cmsghdr* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
                if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
                attached.reset(fd);
            }
            take(std::string(text, static_cast<std::size_t>(size)), std::move(attached));
        }
    }

    // What the next process gets.
    RestoredDescriptors take_stored() const {
        RestoredDescriptors restored;
        for (const auto& [name, descriptor] : store_) restored.add(name, hvfbd::duplicate(descriptor));
        return restored;
    }

  private:
    void take(const std::string& text, Descriptor attached) {
        for (std::size_t at = 0; at <= text.size();) {
            std::size_t end = std::min(text.find('\n', at), text.size());
            heard_.insert(text.substr(at, end - at));
            at = end + 1;
        }
        bool store = text.find("FDSTORE=1") != std::string::npos;
        bool remove = text.find("FDSTOREREMOVE=1") != std::string::npos;
        std::size_t at = text.find("FDNAME=");
        if (at == std::string::npos) return;
        std::string name = text.substr(at + 7, text.find('\n', at) - at - 7);
        if (remove) store_.erase(name);
        if (store && attached && text.find("FDPOLL=0") != std::string::npos)
            store_.insert_or_assign(name, std::move(attached));
    }

    Descriptor socket_;
    std::string address_;
    std::map<std::string, Descriptor> store_;
    std::set<std::string> heard_;  // lines
};

}  // namespace hvfbd::testing
