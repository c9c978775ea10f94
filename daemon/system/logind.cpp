#include "system/logind.h"

#include <spdlog/spdlog.h>

#include "common/sdbus.h"

namespace hvfbd {

namespace {

constexpr auto name = "org.freedesktop.login1";
constexpr auto interface_name = "org.freedesktop.login1.Manager";

}  // namespace

Logind::Logind(sdbus::IConnection& connection, Calls calls)
    : calls_(std::move(calls)),
      manager_(sdbus::createProxy(connection, sdbus::ServiceName(name),
                                  sdbus::ObjectPath("/org/freedesktop/login1"))) {
    manager_->uponSignal("PrepareForSleep").onInterface(interface_name).call([this](bool begins) {
        if (begins) {
            calls_.sleep();
            delay_.reset();
        } else {
            calls_.wake();
            delay_sleep();
        }
    });
    manager_->uponSignal("PrepareForShutdown").onInterface(interface_name).call([this](bool begins) {
        if (!begins) return;
        calls_.shutdown();
        delay_.reset();
    });
    all_subscribed(*manager_);
    delay_sleep();
}

void Logind::delay_sleep() {
    try {
        manager_->callMethodAsync("Inhibit")
            .onInterface(interface_name)
            .withArguments("sleep:shutdown", "hvfbd", "The screen is finished first", "delay")
            .uponReplyInvoke([this](const ReplyError error, sdbus::UnixFd delay) {
                if (error)
                    spdlog::debug("sleep is not delayed: {}", error->getMessage());
                else
                    delay_ = std::move(delay);
            });
    } catch (const sdbus::Error& error) {
        spdlog::debug("sleep is not delayed: {}", error.getMessage());
    }
}

}  // namespace hvfbd
