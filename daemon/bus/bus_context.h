#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/event_loop.h"
#include "bus/authority.h"
#include "bus/bus_connection.h"
#include "bus/bus_errors.h"
#include "bus/caller.h"
#include "bus/opening_limit.h"
#include "bus/set_callers.h"
#include "common/sdbus.h"
#include "display/display.h"
#include "system/log.h"
#include "system/log_allowance.h"

namespace hvfbd {

inline constexpr const char* bus_root = "/org/hvfbd/Framebuffer1";

// What the bus objects share. Borrows all of it, and outlives them.
class BusContext {
  public:
    BusContext(EventLoop& loop, sdbus::IConnection& connection, std::vector<Display*> displays,
               const Authority& authority)
        : loop_(loop),
          connection_(connection),
          displays_(std::move(displays)),
          authority_(authority),
          callers_(connection),
          set_callers_(connection, callers_),
          limit_alarm_(loop, [this] {
              limit_.run(now());
              limit_alarm_.set(limit_.next());
          }) {}

    sdbus::IConnection& connection() { return connection_; }
    const std::vector<Display*>& displays() const { return displays_; }
    // What a user has on all displays but one.
    Surfaces::Elsewhere surfaces_elsewhere(const Display& display, uid_t user) const {
        Surfaces::Elsewhere elsewhere;
        for (const Display* other : displays_)
            if (other != &display) elsewhere.count += other->surfaces().count_of(user);
        if (auto [other, idle] = longest_idle(display, user); idle)
            elsewhere.idle_since = idle->idle_since().value_or(Time::max());
        return elsewhere;
    }
    // Closes the surface that has had no client for longest there.
    void make_room_elsewhere(const Display& display, uid_t user) const {
        if (auto [other, idle] = longest_idle(display, user); idle) other->give_way(idle->number());
    }
    std::size_t viewers_elsewhere(const Display& display, uid_t user) const {
        std::size_t count = 0;
        for (const Display* other : displays_)
            if (other != &display) count += other->viewers().count_of(user);
        return count;
    }
    const Authority& authority() const { return authority_; }
    void set_authority(const Authority& authority) { authority_ = authority; }
    Time now() const { return loop_.now(); }

    // All that an open needs with its answer, beside what is kept in reserve: had before anything is begun,
    // because the bus takes duplicates when all is done. Throws std::system_error.
    static void expect_room_to_open() { expect_descriptors(12 + BusConnection::reserve); }

    // Finds out who calls, then lets `act(Caller, result)` answer; what that throws is the answer instead.
    // For methods, in which `object` is the called one.
    template <typename Act, typename... Results>
    void when_identified(Callers::Depth depth, const sdbus::IObject& object,
                         sdbus::Result<Results...>&& result, Act act) {
        // Shared because std::function must be copyable and a Result is not; it is answered once.
        auto shared = std::make_shared<sdbus::Result<Results...>>(std::move(result));
        callers_.identify(
            depth, sender_of_call(object),
            [shared, act](Caller caller) { answering(*shared, [&] { act(std::move(caller), *shared); }); },
            [shared](const RequestError& refused) { shared->returnError(bus_error(refused)); });
    }

    // The same for what opens something, which takes hold of the process: `check(const Caller&)` refuses at
    // once by throwing, or says which buffer it takes; `act` answers as soon as the caller's user may have
    // it.
    template <typename Check, typename Act, typename... Results>
    void when_it_may_open(const sdbus::IObject& object, sdbus::Result<Results...>&& result, Check check,
                          Act act) {
        auto shared = std::make_shared<sdbus::Result<Results...>>(std::move(result));
        callers_.identify(
            Callers::Depth::process, sender_of_call(object),
            [this, shared, check, act](Caller caller) {
                answering(*shared, [&] {
                    const OpeningLimit::Buffer buffer = check(std::as_const(caller));
                    auto kept = std::make_shared<Caller>(std::move(caller));
                    limit_.open(kept->credentials.uid, buffer, now(), [shared, act, kept] {
                        answering(*shared, [&] { act(std::move(*kept), *shared); });
                    });
                });
                limit_alarm_.set(limit_.next());
            },
            [shared](const RequestError& refused) { shared->returnError(bus_error(refused)); });
    }

    // For setters of properties: their caller, who must be root. Throws RequestError. `command`: sets it.
    const SetCallers::Setter& expect_root_sets(std::string_view property, const std::string& command) const {
        const auto& setter = set_callers_.current();
        if (!setter)
            throw RequestError(RequestError::Kind::access_denied,
                               "who sets the property is not known: try again");
        authority_.check_tune(setter->uid, "change " + std::string(property), command);
        return *setter;
    }

    // Says in the journal what was done, and by whom.
    void note(const std::string& done, uid_t uid, const std::string& bus_name) {
        if (allowance_.take()) log_request(done, uid, bus_name);
    }
    void note(const std::string& done, const Caller& caller) {
        note(done, caller.credentials.uid, caller.client.bus_name);
    }

  private:
    std::pair<Display*, const Surface*> longest_idle(const Display& except, uid_t user) const {
        std::pair<Display*, const Surface*> longest{};
        for (Display* display : displays_) {
            const Surface* idle = display == &except ? nullptr : display->surfaces().longest_idle(user);
            auto since = [](const Surface& one) { return one.idle_since().value_or(Time::max()); };
            if (idle && (!longest.second || since(*idle) < since(*longest.second))) longest = {display, idle};
        }
        return longest;
    }

    // What `act` throws is the answer.
    template <typename Result, typename Act>
    static void answering(const Result& result, Act act) {
        try {
            with_bus_errors([&] { act(); });
        } catch (const sdbus::Error& error) {
            result.returnError(error);
        }
    }

    EventLoop& loop_;
    sdbus::IConnection& connection_;
    std::vector<Display*> displays_;
    Authority authority_;
    Callers callers_;
    SetCallers set_callers_;
    OpeningLimit limit_;
    EventLoop::Alarm limit_alarm_;
    LogAllowance allowance_{"what was changed over the bus"};
};

}  // namespace hvfbd
