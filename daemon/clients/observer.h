#pragma once

#include <string>
#include <string_view>

#include "base/layout.h"
#include "clients/client.h"

namespace hvfbd {

// Who is notified of what happens: the log, the bus, the saved state. One call a change of state, none a
// frame. Implementations must not call back into the display.
class Observer {
  public:
    virtual ~Observer() = default;

    virtual void surface_opened(SurfaceNumber, std::string_view /*name*/, const Client&) {}
    virtual void surface_closed(SurfaceNumber, std::string_view /*name*/, std::string_view /*why*/) {}
    // Its client went and it stays, or a client came back to it.
    virtual void surface_client_changed(SurfaceNumber, std::string_view /*name*/, std::string_view /*what*/) {
    }
    // Its client was given /dev/userfaultfd, or cannot be: `problem`, which is that of all clients.
    virtual void userfaultfd_given(SurfaceNumber, std::string_view /*name*/, const Client&) {}
    virtual void userfaultfd_not_to_be_had(std::string_view /*problem*/) {}
    virtual void active_surface_changed() {}
    virtual void viewer_opened(unsigned /*number*/, const Client&) {}
    virtual void viewer_closed(unsigned /*number*/, std::string_view /*why*/) {}
    // A peer broke the protocol, and was hung up. `who` names the surface or viewer, `what` the fault.
    virtual void protocol_violated(std::string_view /*who*/, std::string_view /*what*/) {}
    virtual void visibility_changed(bool /*visible*/) {}
    virtual void output_said(bool /*warning*/, std::string_view /*sentence*/) {}
    // A client is about to be sent what it depends on after a restart: whoever saves the state saves it now.
    // False: that cannot be done yet; it is to be asked again at the next dispatch.
    virtual bool persist_before_acknowledge() { return true; }
    // A surface or viewer of the process before could not be restored.
    virtual void not_restored(std::string_view /*who*/, std::string_view /*why*/) {}
    virtual void layout_changed(const Layout&) {}
    virtual void modes_changed() {}
    // How many look at front.
    virtual void viewer_count_changed(std::size_t /*count*/) {}
    // Why nothing is shown, and what mends it. Empty: something can be shown.
    virtual void problem_changed(const std::string& /*problem*/) {}
};

}  // namespace hvfbd
