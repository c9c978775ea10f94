#pragma once

#include <string>
#include <utility>

#include "base/time.h"
#include "clients/observer.h"
#include "system/log_allowance.h"

namespace hvfbd {

// One line a change of state.
class LogObserver : public Observer {
  public:
    // `display`: such as "display0". It is in all lines if it is one of several.
    LogObserver(std::string display, bool one_of_several)
        : display_(std::move(display)), prefix_(one_of_several ? display_ + ": " : "") {}

    void surface_opened(SurfaceNumber number, std::string_view name, const Client& client) override;
    void surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) override;
    void surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) override;
    void userfaultfd_given(SurfaceNumber number, std::string_view name, const Client& client) override;
    void userfaultfd_not_to_be_had(std::string_view problem) override;
    void viewer_opened(unsigned number, const Client& client) override;
    void viewer_closed(unsigned number, std::string_view why) override;
    void protocol_violated(std::string_view who, std::string_view what) override;
    void output_said(bool warning, std::string_view sentence) override;
    void visibility_changed(bool visible) override;
    void not_restored(std::string_view who, std::string_view why) override;
    void layout_changed(const Layout& layout) override;

  private:
    bool within_allowance() { return allowance_.take(); }

    std::string display_, prefix_;
    LogAllowance allowance_{"surfaces and viewers"};
};

}  // namespace hvfbd
