#include "control/caller.h"

#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace hvfbd {

namespace {

constexpr const char* bus_name_of_bus = "org.freedesktop.DBus";

// What the user database answers. It may ask a directory server where one is configured; the bus daemon asks
// it the same for every connection.
std::vector<gid_t> groups_of(uid_t uid) {
    std::array<char, 4096> buffer;
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    while (::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

Refusal gone() {
    return {Refusal::Kind::access_denied, "the caller left the bus before it could be identified"};
}

// By errno: whatever it is, the caller is there, and it is not the caller's fault.
Refusal not_opened(pid_t pid) {
    return {Refusal::Kind::failed, error_of("take hold of the process " + std::to_string(pid)).what()};
}

}  // namespace

std::vector<gid_t> groups_named(const std::string& name) {
    std::vector<char> buffer(16384);
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
    return {entry.gr_gid};
}

Callers::Callers(sdbus::IConnection& connection)
    : bus_(sdbus::createProxy(connection, bus_name_of_bus, "/org/freedesktop/DBus")) {}

// Null: one too many. Shared because std::function, which holds it, must be copyable.
Callers::Turn Callers::admit(Depth depth, const std::string& bus_name) {
    unsigned& all = depth == Depth::user ? users_ : processes_;
    auto of_this = of_one_.find(bus_name);
    if (all >= (depth == Depth::user ? most_users : most_processes) ||
        (of_this != of_one_.end() && of_this->second >= most_of_one))
        return nullptr;
    ++all;
    ++of_one_[bus_name];
    auto end = [this, bus_name](unsigned* counted) {
        --*counted;
        if (--of_one_[bus_name] == 0) of_one_.erase(bus_name);
    };
    return {&all, end};
}

void Callers::ask(const std::string& bus_name, Answer answer, Unknown unknown) {
    bus_->callMethodAsync("GetConnectionCredentials")
        .onInterface(bus_name_of_bus)
        .withArguments(bus_name)
        .uponReplyInvoke(
            [answer = std::move(answer), unknown = std::move(unknown)](
                const sdbus::Error* error, const std::map<std::string, sdbus::Variant>& credentials) {
                auto uid = credentials.find("UnixUserID"), pid = credentials.find("ProcessID");
                if (error && error->getName() != "org.freedesktop.DBus.Error.NameHasNoOwner")
                    unknown({Refusal::Kind::failed,
                             "the bus could not be asked who calls: " + error->getMessage()});
                else if (error || uid == credentials.end() || pid == credentials.end())
                    unknown(gone());
                else
                    answer(uid->second.get<std::uint32_t>(),
                           static_cast<pid_t>(pid->second.get<std::uint32_t>()));
            });
}

void Callers::identify(Depth depth, const std::string& bus_name, const Known& known, const Unknown& unknown) {
    Turn turn = admit(depth, bus_name);
    if (!turn) {
        unknown({Refusal::Kind::busy, "too many calls wait to be answered; wait for the answers"});
        return;
    }
    if (depth == Depth::user) {
        auto answer = [turn, bus_name, known](uid_t uid, pid_t pid) {
            known({{uid, pid, {}}, {bus_name, uid, pid, {}}});
        };
        ask(bus_name, answer, unknown);
        return;
    }
    auto first = [this, turn, bus_name, known, unknown](uid_t uid, pid_t pid) {
        // Shared because std::function must be copyable; only one copy is ever called.
        auto pidfd = std::make_shared<Descriptor>();
        pidfd->reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!*pidfd) {
            unknown(errno == ESRCH ? gone() : not_opened(pid));
            return;
        }
        auto second = [turn, bus_name, known, unknown, pidfd, uid, pid](uid_t uid_again, pid_t pid_again) {
            if (uid != uid_again || pid != pid_again) {
                unknown(gone());
                return;
            }
            known({{uid, pid, groups_of(uid)}, {bus_name, uid, pid, std::move(*pidfd)}});
        };
        ask(bus_name, second, unknown);
    };
    ask(bus_name, first, unknown);
}

}  // namespace hvfbd
