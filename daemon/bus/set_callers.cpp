#include "bus/set_callers.h"

#include <systemd/sd-bus.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bus/bus_errors.h"
#include "common/sdbus.h"

namespace hvfbd {

namespace {

// sdbus-c++ keeps the connection of libsystemd to itself; a message leads to it.
class Native : public sdbus::Message {
  public:
    static sd_bus* connection_of(const sdbus::Message& message) {
        return sd_bus_message_get_bus(static_cast<sd_bus_message*>(message.*(&Native::msg_)));
    }
};

void reply(sd_bus_message* call, const sdbus::Error& error) {
    sd_bus_reply_method_errorf(call, error.getName().c_str(), "%s", error.getMessage().c_str());
}

}  // namespace

class SetCallers::Filter {
  public:
    Filter(sdbus::IConnection& connection, Callers& callers) : callers_(callers) {
        auto bus = sdbus::createProxy(connection, sdbus::ServiceName("org.freedesktop.DBus"),
                                      sdbus::ObjectPath("/org/freedesktop/DBus"));
        bus_ = Native::connection_of(
            bus->createMethodCall(sdbus::InterfaceName("org.freedesktop.DBus"), sdbus::MethodName("GetId")));
        sd_bus_slot* slot = nullptr;
        if (int result = sd_bus_add_filter(bus_, &slot, on_message, this); result < 0)
            throw_errno("look at the messages of the bus first", -result);
        slot_.reset(slot);
    }

    const std::optional<Setter>& current() const { return current_; }

  private:
    struct Unref {
        void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
        void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
    };
    using Call = std::unique_ptr<sd_bus_message, Unref>;

    // Called with every message, before anybody else is. 1: nobody else is.
    static int on_message(sd_bus_message* message, void* filter, sd_bus_error*) noexcept {
        return static_cast<Filter*>(filter)->filter(message);
    }

    int filter(sd_bus_message* message) noexcept {
        current_.reset();
        if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "Set") <= 0) return 0;
        // The same message again, and not another at its address: a reference is held.
        if (auto found = identified_.find(message); found != identified_.end()) {
            current_ = std::move(found->second.setter);
            identified_.erase(found);
            return 0;
        }
        try {
            with_bus_errors([&] { hold(message); });
        } catch (const sdbus::Error& error) {
            reply(message, error);
        }
        return 1;
    }

    void hold(sd_bus_message* message) {
        const char* name = sd_bus_message_get_sender(message);
        if (!name) throw RequestError(RequestError::Kind::access_denied, "the caller has no name on the bus");
        if (waiting_ + identified_.size() >= most_held)
            throw RequestError(RequestError::Kind::busy,
                               "too many properties are being set; wait for the answers");
        const std::string sender = name;
        std::vector<Call>& calls = held_[sender];
        calls.emplace_back(sd_bus_message_ref(message));
        ++waiting_;
        if (calls.size() > 1) return;  // asked already
        try {
            callers_.identify(
                Callers::Depth::user, sender,
                [this, sender](const Caller& caller) { take_up(sender, caller.credentials.uid); },
                [this, sender](const RequestError& refused) { refuse(sender, refused); });
        } catch (...) {
            take(sender);
            throw;
        }
    }

    std::vector<Call> take(const std::string& sender) {
        auto node = held_.extract(sender);
        if (node.empty()) return {};
        waiting_ -= node.mapped().size();
        return std::move(node.mapped());
    }

    // In the order in which they came.
    void take_up(const std::string& sender, uid_t user) {
        for (Call& call : take(sender)) {
            sd_bus_message* message = call.get();
            identified_.emplace(message, Identified{std::move(call), {user, sender}});
            if (sd_bus_enqueue_for_read(bus_, message) >= 0) continue;
            reply(message, bus_error({RequestError::Kind::failed, "the call could not be taken up again"}));
            identified_.erase(message);
        }
    }

    void refuse(const std::string& sender, const RequestError& refused) {
        for (const Call& call : take(sender)) reply(call.get(), bus_error(refused));
    }

    // Of all callers together.
    static constexpr std::size_t most_held = 1024;

    struct Identified {
        Call call;
        Setter setter;
    };

    Callers& callers_;
    sd_bus* bus_ = nullptr;
    std::map<std::string, std::vector<Call>> held_;  // by sender, until the bus has said who that is
    std::size_t waiting_ = 0;                        // in all of them
    std::map<sd_bus_message*, Identified> identified_;
    std::optional<Setter> current_;
    std::unique_ptr<sd_bus_slot, Unref> slot_;
};

SetCallers::SetCallers(sdbus::IConnection& connection, Callers& callers)
    : filter_(std::make_unique<Filter>(connection, callers)) {}

SetCallers::~SetCallers() = default;

const std::optional<SetCallers::Setter>& SetCallers::current() const {
    return filter_->current();
}

}  // namespace hvfbd
