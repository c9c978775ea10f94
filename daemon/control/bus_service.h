#pragma once

#include <functional>
#include <map>
#include <memory>

#include "control/bus_context.h"
#include "control/display_object.h"
#include "control/manager_object.h"
#include "control/surface_object.h"
#include "report.h"

namespace hvfbd {

// All objects on the bus, kept in step with the pipeline by its reports.
class BusService : public Report {
  public:
    BusService(EventLoop& loop, sdbus::IConnection& connection, Pipeline& pipeline, Authority authority,
               std::function<void()> reload);

    DisplayObject& display() { return display_; }
    ManagerObject& manager() { return manager_; }

    void surface_opened(SurfaceNumber number, std::string_view name, const Client& client) override;
    void surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) override;
    void surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) override;
    void active_surface_changed() override;
    void visibility_changed(bool visible) override;
    void layout_changed(const Layout& layout) override;

  private:
    BusContext context_;
    ManagerObject manager_;
    DisplayObject display_;
    std::map<SurfaceNumber, std::unique_ptr<SurfaceObject>> surfaces_;
};

}  // namespace hvfbd
