#include "hvhost/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

#include "hvhost/commands.h"
#include "hvhost/ivshmem_device.h"
#include "hvhost/resolutions.h"
#include "hvhost/simulated_device.h"
#include "output_file.h"
#include "picture_file.h"

namespace hvhost {

namespace {

Time clock_now() {
    return std::chrono::steady_clock::now();
}

std::unique_ptr<Device> make_device(const ServerOptions& options) {
    if (!options.ivshmem.empty())
        return std::make_unique<IvshmemDevice>(options.ivshmem, options.ring_size, options.video_memory_size);
    return std::make_unique<SimulatedDevice>(
        options.socket, SimulatedDevice::Options{options.ring_size, options.video_memory_size,
                                                 options.address, options.monitor});
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options), device_(make_device(options)), started_(clock_now()), last_dirt_(started_) {
    if (!options_.control.empty()) controls_ = listen_at(options_.control, SOCK_STREAM);
    if (options_.from_stdin) speakers_.push_back({{}, STDIN_FILENO, STDOUT_FILENO, {}});
    if (options_.seeds) seed_ = options_.seeds->first;
    host_.emplace(options_.host, device_->video_memory(), static_cast<Listener&>(*this));
}

void Server::interrupt() {
    device_->interrupt();
}

// In the middle of what the host does: the device is taken away when it is done.
void Server::rescind() {
    rescinded_ = true;
}

void Server::said(const std::string& line) {
    if (!options_.quiet)
        std::cout << line << std::endl;
    else if (!options_.seeds && line.starts_with("complaint"))
        std::cerr << "hvhost: " << line << std::endl;
}

void Server::dirt(const wire::DirtRect& r) {
    last_dirt_ = clock_now();
    if (options_.quiet) return;
    std::uint64_t area = wire::area(r);
    std::chrono::duration<double> since = last_dirt_ - started_;
    std::cout << "dirt " << r.x1 << ',' << r.y1 << ' ' << r.x2 << ',' << r.y2 << " area=" << area
              << " t=" << since.count() << std::endl;
}

void Server::let_guest_in(Time now) {
    if (options_.seeds) {
        if (seed_ > options_.seeds->second) {
            ending_ = true;
            device_->take_away(true);
            return;
        }
        if (!options_.quiet) std::cout << "seed " << seed_ << std::endl;
        mischief_ = std::make_unique<Hostile>(seed_++);
        before_.sessions += host_->status().sessions;
        before_.garbage += host_->status().garbage;
        host_.emplace(options_.host, device_->video_memory(), static_cast<Listener&>(*this), mischief_.get());
    }
    host_->opened(device_->rings(), device_->address(), now);
    if (!device_->let_in()) take_away(false);
}

void Server::take_away(bool for_good) {
    rescinded_ = false;
    if (is_open()) host_->closed();
    device_->take_away(for_good);
}

void Server::run() {
    std::cout << "ready" << std::endl;
    while (!ending_) {
        std::vector<pollfd> fds{{controls_.get(), POLLIN, 0}};
        for (const Speaker& speaker : speakers_) fds.push_back({speaker.in, POLLIN, 0});
        std::size_t guests = fds.size();
        for (int fd : device_->descriptors()) fds.push_back({fd, POLLIN, 0});
        int timeout = -1;
        std::optional<Time> at = host_->wake_at();
        // Who waits there would wake it at once, again and again.
        if (accept_again_) {
            fds[0].fd = fds[guests].fd = -1;
            at = at ? std::min(*at, *accept_again_) : *accept_again_;
        }
        if (at) {
            auto left = std::chrono::ceil<std::chrono::milliseconds>(*at - clock_now()).count();
            timeout = static_cast<int>(std::max<std::int64_t>(left, 0));
        }
        if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR)
            throw std::system_error(errno, std::system_category(), "poll");
        Time now = clock_now();
        if (accept_again_ && now >= *accept_again_) accept_again_.reset();
        if (auto doorbell = device_->take_doorbell(); doorbell != Device::Doorbell::silent) {
            if (doorbell == Device::Doorbell::rung_without_monitor_bit)
                said("complaint: the monitor bit is not set");
            host_->doorbell(now);
        }
        host_->tick(now);
        if (device_->take_closed()) host_->closed();
        if (rescinded_) take_away(false);
        unless_short(now, [&] {
            if (device_->take_opened()) let_guest_in(now);
        });
        if (rescinded_) take_away(false);
        std::size_t next = 1;
        for (auto speaker = speakers_.begin(); speaker != speakers_.end();) {
            bool stays = (!fds[next++].revents || hear(*speaker)) && answer(*speaker, now);
            speaker = stays ? std::next(speaker) : speakers_.erase(speaker);
        }
        if (fds[0].revents) {
            unless_short(now, [&] {
                Fd owned = accept_at(controls_);
                int fd = owned.get();
                if (owned) speakers_.push_back({std::move(owned), fd, fd, {}});
            });
        }
    }
}

void Server::unless_short(Time now, const std::function<void()>& accept) {
    constexpr auto pause = std::chrono::milliseconds(100);
    if (accept_again_) return;
    try {
        accept();
    } catch (const std::system_error& error) {
        said(std::string("complaint: ") + error.what() + ", and tries again");
        accept_again_ = now + pause;
    }
}

// False: there is nobody any more.
bool Server::hear(Speaker& speaker) {
    std::array<char, 4096> bytes{};
    ssize_t got = ::read(speaker.in, bytes.data(), bytes.size());
    if (got <= 0) {
        if (speaker.in == STDIN_FILENO) ending_ = true;
        return false;
    }
    speaker.text.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

// False as above. A line that waits stays, and what follows it.
bool Server::answer(Speaker& speaker, Time now) {
    for (std::size_t end = 0; (end = speaker.text.find('\n')) != std::string::npos;) {
        const std::string line = speaker.text.substr(0, end);
        if (line == "wait" && !host_->window().is_painted()) return true;
        std::string answer;
        try {
            answer = obey(line, now);
        } catch (const std::exception& exception) {
            answer = std::string("error ") + exception.what();
        }
        answer += '\n';
        speaker.text.erase(0, end + 1);
        if (::write(speaker.out, answer.data(), answer.size()) < 0) return false;
    }
    return true;
}

std::string Server::obey(const std::string& line, Time now) {
    std::size_t space = line.find(' ');
    std::string word = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (word == "show") {
        host_->show(now);
    } else if (word == "hide" || word == "close") {
        host_->hide(now);
    } else if (word == "rescind" || word == "reset") {
        take_away(word == "rescind");
    } else if (word == "offer") {
        device_->offer();
    } else if (word == "resolutions") {
        options_.host.resolutions = parse_resolutions(rest);
        host_->set_resolutions(options_.host.resolutions);
    } else if (word == "stall" || word == "continue") {
        host_->stall(word == "stall", now);
    } else if (word == "screenshot") {
        const Window& window = host_->window();
        if (window.width() == 0) return "error no guest has said how large its picture is; see wait";
        hvfbd::write_png(rest,
                         {window.width(), window.height(), {window.pixels().begin(), window.pixels().end()}},
                         hvfbd::Reader::demanded);
    } else if (word == "raw") {
        write_file(rest, std::as_bytes(host_->window().pixels()));
    } else if (word == "raw-framebuffer") {
        write_file(rest, host_->video_memory());
    } else if (word == "status") {
        return status();
    } else if (word == "wait") {
        // It was waited for.
    } else if (word == "quit") {
        ending_ = true;
    } else {
        return "error \"" + word + "\" is none of " + list_of_commands(false);
    }
    return "ok";
}

std::string Server::status() const {
    const Host::Status& status = host_->status();
    constexpr std::array states{"waiting", "version", "active", "dead"};
    std::string text = std::string("ok state=") + states[static_cast<std::size_t>(status.state)];
    auto add = [&](const char* name, std::uint64_t value) {
        text += std::string(" ") + name + "=" + std::to_string(value);
    };
    add("connected", is_open() ? 1 : 0);
    add("shown", status.shown ? 1 : 0);
    add("situated", status.situated ? 1 : 0);
    add("width", host_->window().width());
    add("height", host_->window().height());
    add("sessions", status.sessions + before_.sessions);
    add("messages", status.messages);
    add("dirts", status.dirts);
    add("dirt_pixels", status.dirt_pixels);
    add("pointers", status.pointers);
    add("situations", status.situations);
    add("doorbells", status.doorbells);
    add("needless_doorbells", status.needless_doorbells);
    add("interrupts", status.interrupts);
    add("complaints", status.complaints);
    add("garbage", status.garbage + before_.garbage);
    add("waited", status.waited);
    add("vnc_pixels", host_->vnc_client().pixels());
    add("vnc_repaints", host_->vnc_client().repaints());
    add("seed", seed_);
    add("last_dirt_age_us",
        static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(clock_now() - last_dirt_).count()));
    return text;
}

void Server::write_file(const std::string& path, std::span<const std::byte> bytes) const {
    // The host answers nobody while it waits.
    hvfbd::write_output(path, bytes, hvfbd::Reader::demanded);
}

std::string say_to(const std::string& control, const std::string& line) {
    auto fail = [&]() -> std::string {
        throw std::system_error(errno, std::system_category(), "talk with " + control);
    };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    control.copy(address.sun_path, sizeof address.sun_path - 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    std::string sent = line + "\n", answer;
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL) < 0)
        return fail();
    while (answer.empty() || answer.back() != '\n') {
        std::array<char, 4096> bytes{};
        ssize_t got = ::read(socket.get(), bytes.data(), bytes.size());
        if (got < 0) return fail();
        if (got == 0) break;
        answer.append(bytes.data(), static_cast<std::size_t>(got));
    }
    if (!answer.empty() && answer.back() == '\n') answer.pop_back();
    return answer;
}

}  // namespace hvhost
