#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
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
class Screens final : public Outputs, private DrmOutput::Owner {
  public:
    struct Options {
        std::string connector;     // by name; empty: all
        std::optional<Mode> mode;  // none: what the first screen prefers
        // Each connector is a display. Otherwise there is one, shown on all of them.
        bool apart = false;
        // The displays of the process before, where they were apart.
        std::vector<Wish> before{};
        // How large their pictures were, apart or not: what they are until a screen says otherwise.
        std::vector<std::optional<Mode>> sizes{};
        // Between two attempts at least.
        Duration gap = Presence::gap;
    };
    // Borrowed: the loop outlives this. Takes the card at once, if it is to be had. The displays are those of
    // `before` and the connectors that the card has now; without a card there is one, which takes a connector
    // later.
    Screens(EventLoop& loop, std::unique_ptr<CardPort> port, Options options);
    Screens(const Screens&) = delete;
    Screens& operator=(const Screens&) = delete;
    ~Screens() override;

    std::vector<Output*> all() override;
    DrmOutput& display(std::size_t number) { return *displays_.at(number); }

  private:
    void try_again() override;
    void wanted() override;
    void update() override;
    void request_dispatch() override { alarm_.set(loop_.now()); }
    void arrange() override;
    void lost(Presence::State state, const std::string& why) override;
    void failed(DrmOutput& display, const std::string& why) override;

    void add_displays(const std::vector<std::string>& connectors);
    void give_connectors(const Resources& resources);
    void attempt();
    void put_off();
    void take(const Resources& resources);
    void carry_out(const std::vector<Plan>& plans);
    void restore_console() noexcept;
    void drop_card() noexcept;
    void card_is_ready(std::uint32_t events);
    bool nothing_is_shown() const;

    EventLoop& loop_;
    std::unique_ptr<CardPort> port_;
    Options options_;
    Presence presence_;
    std::vector<std::unique_ptr<DrmOutput>> displays_;
    std::set<std::string> spare_;  // connectors that are no displays, and were mentioned

    std::unique_ptr<Card> card_;
    std::map<Id, CrtcState> console_;  // what the CRTCs showed before
    bool announced_ = false;           // something happened to the screens since they were last examined
    // After the card: a source must be gone before its descriptor is closed.
    LoopSource watch_, events_watch_;
    EventLoop::Alarm alarm_;
};

}  // namespace hvfbd::drm
