#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bus/bus_context.h"
#include "common/sdbus.h"
#include "manager_adaptor.h"

namespace hvfbd {

// The daemon itself on the bus, and the list of all its objects.
class ManagerObject final : public sdbus::AdaptorInterfaces<org::hvfbd::Framebuffer1::Manager_adaptor,
                                                            sdbus::ObjectManager_adaptor> {
  public:
    // `reload` reads the configuration again; what it throws is the caller's answer.
    ManagerObject(BusContext& context, std::function<void()> reload);
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ~ManagerObject();

    void log_level_changed();
    // What of the configuration files does not count, a sentence each: plain text.
    void set_configuration_warnings(std::vector<std::string> warnings);

  private:
    std::string Version() override;
    std::vector<std::string> Features() override { return {"surface-layout", "surface-layer"}; }
    std::vector<std::string> ConfigurationWarnings() override { return configuration_warnings_; }
    std::string LogLevel() override;
    void LogLevel(const std::string& value) override;
    void Reload(sdbus::Result<>&& result) override;

    BusContext& context_;
    std::function<void()> reload_;
    std::vector<std::string> configuration_warnings_;
};

}  // namespace hvfbd
