#include "system/store_limit.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "common/sdbus.h"

namespace hvfbd {

namespace {

constexpr auto systemd = "org.freedesktop.systemd1";

}  // namespace

StoreLimit::StoreLimit(sdbus::IConnection& connection, std::function<void(std::size_t)> found)
    : connection_(connection),
      found_(std::move(found)),
      manager_(sdbus::createProxy(connection, sdbus::ServiceName(systemd),
                                  sdbus::ObjectPath("/org/freedesktop/systemd1"))) {
    all_subscribed(*manager_);
    ask();
}

StoreLimit::~StoreLimit() = default;

void StoreLimit::ask() {
    auto unknown = [](const sdbus::Error& error) {
        spdlog::debug("FileDescriptorStoreMax= is not known: {}", error.getMessage());
    };
    auto take = [this, unknown](const ReplyError error, const sdbus::Variant& most) {
        if (error)
            unknown(*error);
        else if (most.containsValueOfType<std::uint32_t>())
            found_(most.get<std::uint32_t>());
    };
    auto ask_unit = [this, unknown, take](const ReplyError error, const sdbus::ObjectPath& unit) {
        if (error) return unknown(*error);
        unit_ = sdbus::createProxy(connection_, sdbus::ServiceName(systemd), unit);
        all_subscribed(*unit_);
        unit_->callMethodAsync("Get")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(std::string("org.freedesktop.systemd1.Service"),
                           std::string("FileDescriptorStoreMax"))
            .uponReplyInvoke(take);
    };
    try {
        manager_->callMethodAsync("GetUnitByPID")
            .onInterface("org.freedesktop.systemd1.Manager")
            .withArguments(static_cast<std::uint32_t>(::getpid()))
            .uponReplyInvoke(ask_unit);
    } catch (const sdbus::Error& error) {
        unknown(error);
    }
}

}  // namespace hvfbd
