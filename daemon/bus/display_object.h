#pragma once

#include <string>
#include <vector>

#include "bus/bus_context.h"
#include "common/sdbus.h"
#include "display_adaptor.h"

namespace hvfbd {

// A display on the bus.
class DisplayObject final : public sdbus::AdaptorInterfaces<org::hvfbd::Framebuffer1::Display_adaptor> {
  public:
    // `name`: the last element of its path. Borrowed: the display.
    DisplayObject(BusContext& context, Display& display, std::string name);
    DisplayObject(const DisplayObject&) = delete;
    DisplayObject& operator=(const DisplayObject&) = delete;
    ~DisplayObject();

    const std::string& path() const { return path_; }
    void changed(const std::vector<std::string>& properties);
    // Signals what differs between the two.
    void settings_changed(const DisplaySettings& before, const DisplaySettings& after);

  private:
    std::string Name() override { return name_; }
    std::string Output() override { return std::string(display_.output().name()); }
    uint32_t Width() override { return display_.layout().width; }
    uint32_t Height() override { return display_.layout().height; }
    uint32_t Stride() override { return display_.layout().stride; }
    uint32_t Format() override { return display_.layout().format; }
    std::vector<sdbus::Struct<uint32_t, uint32_t>> Modes() override;
    bool Visible() override { return display_.visible(); }
    sdbus::ObjectPath ActiveSurface() override;
    uint32_t Viewers() override { return static_cast<uint32_t>(display_.viewers().size()); }
    std::string Problem() override { return display_.problem(); }
    std::map<std::string, uint64_t> Statistics() override;

    void OpenSurface(sdbus::Result<sdbus::ObjectPath, sdbus::UnixFd, sdbus::UnixFd,
                                   std::map<std::string, sdbus::Variant>>&& result,
                     std::map<std::string, sdbus::Variant> options) override;
    void OpenViewer(sdbus::Result<sdbus::ObjectPath, sdbus::UnixFd, sdbus::UnixFd,
                                  std::map<std::string, sdbus::Variant>>&& result,
                    std::map<std::string, sdbus::Variant> options) override;
    void Refresh(sdbus::Result<>&& result, std::map<std::string, sdbus::Variant> options) override;
    void SetMode(sdbus::Result<>&& result, uint32_t width, uint32_t height,
                 std::map<std::string, sdbus::Variant> options) override;

    const DisplaySettings& settings() const { return display_.settings(); }
    // Settings are properties as well, which the adaptor does not have: their table has them. Before
    // registerAdaptor.
    void register_settings();
    template <typename Value>
    void register_setting(const SettingField& field);
    // How root does it: "hvfbctl refresh", and which display, where that is not the usual one.
    std::string command(const std::string& words) const;
    // Says in the journal what was done, and at which display, where there are several.
    template <typename... Who>
    void note(const std::string& done, const Who&... who) {
        context_.note(context_.displays().size() > 1 ? name_ + ": " + done : done, who...);
    }
    // Checks the caller, changes a copy, and only then the display's.
    void tune(const SettingField& field, const std::string& value);

    BusContext& context_;
    Display& display_;
    std::string name_, path_;
};

}  // namespace hvfbd
