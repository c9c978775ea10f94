#pragma once

#include <map>
#include <memory>
#include <string>

#include "bus/bus_context.h"
#include "bus/display_object.h"
#include "bus/surface_object.h"
#include "clients/observer.h"

namespace hvfbd {

// A display and its surfaces on the bus, kept in step with it as its observer.
class BusDisplay : public Observer {
  public:
    BusDisplay(BusContext& context, Display& display, std::string name);

    DisplayObject& object() { return object_; }

    void surface_opened(SurfaceNumber number, std::string_view name, const Client& client) override;
    void surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) override;
    void surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) override;
    void active_surface_changed() override;
    void visibility_changed(bool visible) override;
    void layout_changed(const Layout& layout) override;
    void modes_changed() override;
    void viewer_count_changed(std::size_t count) override;
    void problem_changed(const std::string& problem) override;

  private:
    std::unique_ptr<SurfaceObject> make(SurfaceNumber number);

    BusContext& context_;
    Display& display_;
    DisplayObject object_;
    std::map<SurfaceNumber, std::unique_ptr<SurfaceObject>> surfaces_;
};

}  // namespace hvfbd
