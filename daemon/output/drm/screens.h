#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "output/drm/card.h"
#include "output/drm/choice.h"
#include "output/drm/drm_output.h"
#include "output/drm/presence.h"
#include "output/outputs.h"

namespace hvfbd::drm {

// A KMS card, whose master it is while it can be, and the displays on its screens. Hears what is plugged in
// and out, gives each display its screens, and tries again what could not be had. When destroyed, the console
// is what it was.
class Screens : public Outputs, private DrmOutput::Owner {
  public:
    struct Options {
        std::string connector;     // by name; empty: all
        std::optional<Mode> mode;  // none: what the first screen prefers
    };
    // Borrowed: the loop outlives this. Takes the card at once, if it is to be had.
    Screens(EventLoop& loop, std::unique_ptr<CardPort> port, const Options& options);
    Screens(const Screens&) = delete;
    Screens& operator=(const Screens&) = delete;
    ~Screens() override;

    std::vector<Output*> all() override;
    DrmOutput& display(std::size_t number) { return *displays_.at(number); }

  private:
    void try_again() override;
    void go_on() override;
    void turn() override { alarm_.set(loop_.now()); }
    void arrange() override;
    void lost(Presence::State state, const std::string& why) override;
    void failed(DrmOutput& display, const std::string& why) override;

    void attempt();
    void take(const Resources& resources);
    void carry_out(const std::vector<Plan>& plans);
    void restore_console() noexcept;
    void drop_card() noexcept;
    void card_is_ready(std::uint32_t events);
    bool nothing_is_shown() const;

    EventLoop& loop_;
    std::unique_ptr<CardPort> port_;
    Presence presence_;
    std::vector<std::unique_ptr<DrmOutput>> displays_;

    std::unique_ptr<Card> card_;
    std::map<Id, CrtcState> console_;  // what the CRTCs showed before
    bool announced_ = false;           // something happened to the screens since they were last looked at
    // After the card: a source must be gone before its descriptor is closed.
    LoopSource watch_, events_watch_;
    EventLoop::Alarm alarm_;
};

}  // namespace hvfbd::drm
