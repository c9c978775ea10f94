#include "bus/caller.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace hvfbd {

namespace {

constexpr const char* bus_name_of_bus = "org.freedesktop.DBus";

template <typename Value>
std::optional<Value> value_of(const std::map<std::string, sdbus::Variant>& credentials, const char* name) {
    auto found = credentials.find(name);
    if (found == credentials.end() || !found->second.containsValueOfType<Value>()) return std::nullopt;
    return found->second.get<Value>();
}

RequestError gone() {
    return {RequestError::Kind::access_denied, "the caller left the bus before it could be identified"};
}

// By errno: whatever it is, the caller is there, and it is not the caller's fault.
RequestError not_opened(pid_t pid) {
    return {RequestError::Kind::failed, error_of("take hold of the process " + std::to_string(pid)).what()};
}

}  // namespace

Callers::Callers(sdbus::IConnection& connection)
    : bus_(sdbus::createProxy(connection, sdbus::ServiceName(bus_name_of_bus),
                              sdbus::ObjectPath("/org/freedesktop/DBus"))) {}

// Null: one too many. Shared because std::function, which holds it, must be copyable.
Callers::Admission Callers::admit(Depth depth, const std::string& bus_name) {
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
                const ReplyError error, const std::map<std::string, sdbus::Variant>& credentials) {
                auto uid = value_of<std::uint32_t>(credentials, "UnixUserID"),
                     pid = value_of<std::uint32_t>(credentials, "ProcessID");
                if (error && error->getName() != "org.freedesktop.DBus.Error.NameHasNoOwner")
                    unknown({RequestError::Kind::failed,
                             "the bus could not be asked who calls: " + error->getMessage()});
                else if (error || !uid || !pid)
                    unknown(gone());
                else
                    answer({*uid, static_cast<pid_t>(*pid),
                            value_of<std::vector<std::uint32_t>>(credentials, "UnixGroupIDs")});
            });
}

void Callers::identify(Depth depth, const std::string& bus_name, const Known& known, const Unknown& unknown) {
    Admission admission = admit(depth, bus_name);
    if (!admission) {
        unknown({RequestError::Kind::busy, "too many calls wait to be answered; wait for the answers"});
        return;
    }
    if (depth == Depth::user) {
        auto answer = [admission, bus_name, known](const Credentials& who) {
            known({who, {bus_name, who.uid, who.pid, {}}});
        };
        ask(bus_name, answer, unknown);
        return;
    }
    auto first = [this, admission, bus_name, known, unknown](const Credentials& who) {
        // Shared because std::function must be copyable; only one copy is ever called.
        auto pidfd = std::make_shared<Descriptor>();
        pidfd->reset(static_cast<int>(::syscall(SYS_pidfd_open, who.pid, 0)));
        if (!*pidfd) {
            unknown(errno == ESRCH ? gone() : not_opened(who.pid));
            return;
        }
        auto second = [admission, bus_name, known, unknown, pidfd, who](const Credentials& again) {
            if (who.uid != again.uid || who.pid != again.pid) {
                unknown(gone());
                return;
            }
            known({again, {bus_name, again.uid, again.pid, std::move(*pidfd)}});
        };
        ask(bus_name, second, unknown);
    };
    ask(bus_name, first, unknown);
}

}  // namespace hvfbd
