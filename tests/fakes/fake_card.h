#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "fakes/fake_kms.h"
#include "output/drm/card.h"

namespace hvfbd::testing {

// The card of a FakeKms, as one program has it open.
class FakeCard : public drm::Card {
  public:
    explicit FakeCard(FakeKms& kms) : kms_(kms) {
        ++kms_.opened;
        if (!kms_.master && !kms_.other_master) kms_.master = this;
    }
    FakeCard(const FakeCard&) = delete;
    FakeCard& operator=(const FakeCard&) = delete;
    ~FakeCard() override {
        kms_.console_at_close = kms_.shows_console();
        if (kms_.master == this) kms_.master = nullptr;
        if (kms_.present && !kms_.other_master) kms_.show_console();
    }

    int descriptor() const override { return kms_.flips.get(); }
    std::string name() const override { return "fake, /dev/dri/card0"; }
    bool master() const override { return kms_.master == this; }
    drm::Resources resources() override {
        demand_present("ask");
        ++kms_.probed;
        return kms_.resources;
    }
    drm::CrtcState crtc(drm::Id crtc) override {
        auto found = kms_.crtcs.find(crtc);
        return found == kms_.crtcs.end() ? drm::CrtcState{crtc, 0, 0, 0, std::nullopt, {}} : found->second;
    }
    std::unique_ptr<drm::Buffer> make_buffer(Mode mode) override {
        demand_present("make a buffer");
        if (kms_.framebuffers.size() > kms_.most_buffers) throw_errno("make a fake buffer", ENOMEM);
        return std::make_unique<FakeBuffer>(kms_, mode);
    }
    drm::Answer set_crtc(const drm::CrtcState& state) override {
        if (auto answer = refused()) return *answer;
        bool refused_connector =
            std::any_of(state.connectors.begin(), state.connectors.end(),
                        [&](drm::Id id) { return kms_.refused_connectors.contains(id); });
        if (kms_.refuse_modes || refused_connector) throw_errno("set a fake mode", EINVAL);
        if (state.mode && !kms_.framebuffers.contains(state.framebuffer)) throw_errno("set a mode", ENOENT);
        kms_.set_crtc(state);
        return drm::Answer::done;
    }
    drm::Answer dirty(drm::Id framebuffer, std::span<const Rectangle> rectangles) override {
        if (auto answer = refused()) return *answer;
        if (kms_.driver != FakeKms::Driver::dirty) return drm::Answer::not_supported;
        ++kms_.dirtied;
        const FakeKms::Framebuffer& from = kms_.framebuffers.at(framebuffer);
        for (auto& [crtc, state] : kms_.crtcs) {
            if (state.framebuffer != framebuffer) continue;
            for (const Rectangle& r : rectangles)
                for (auto y = static_cast<std::uint32_t>(r.top); y < static_cast<std::uint32_t>(r.bottom);
                     ++y)
                    std::memcpy(kms_.pictures.at(crtc).data() + std::size_t{y} * from.layout.width + r.left,
                                from.bytes.data() + from.layout.offset(static_cast<std::uint32_t>(r.left), y),
                                static_cast<std::size_t>(r.width()) * 4);
        }
        return drm::Answer::done;
    }
    drm::Answer flip(drm::Id crtc, drm::Id framebuffer) override {
        if (auto answer = refused()) return *answer;
        if (kms_.driver == FakeKms::Driver::direct) return drm::Answer::not_supported;
        if (kms_.flipping.contains(crtc)) return drm::Answer::busy;
        if (kms_.at_flip.at(crtc) != kms_.read(kms_.crtcs.at(crtc).framebuffer)) ++kms_.torn;
        kms_.flipping[crtc] = framebuffer;
        return drm::Answer::done;
    }
    std::vector<drm::Id> take_flips() override {
        FakeKms::drain(kms_.flips);
        return std::exchange(kms_.flipped_crtcs, {});
    }

  private:
    class FakeBuffer : public drm::Buffer {
      public:
        FakeBuffer(FakeKms& kms, Mode mode)
            : kms_(kms),
              layout_(layout_for(mode, mode.width * 4 + (kms.odd_rows ? 2 : 64))),
              bytes_(layout_.size),
              id_(kms.next_id++) {
            kms_.framebuffers[id_] = {layout_, bytes_};
        }
        FakeBuffer(const FakeBuffer&) = delete;
        FakeBuffer& operator=(const FakeBuffer&) = delete;
        ~FakeBuffer() override { kms_.remove_framebuffer(id_); }
        drm::Id framebuffer() const override { return id_; }
        Layout layout() const override { return layout_; }
        std::span<std::byte> bytes() override { return bytes_; }

      private:
        FakeKms& kms_;
        Layout layout_;
        std::vector<std::byte> bytes_;
        drm::Id id_;
    };

    std::optional<drm::Answer> refused() const {
        if (!kms_.present) return drm::Answer::gone;
        if (!master()) return drm::Answer::not_master;
        return std::nullopt;
    }
    void demand_present(const std::string& tried) const {
        if (!kms_.present) throw_errno(tried + " a fake card", ENODEV);
    }

    FakeKms& kms_;
};

// The way to that card.
class FakeCardPort : public drm::CardPort {
  public:
    explicit FakeCardPort(FakeKms& kms) : kms_(kms) {}
    std::unique_ptr<drm::Card> open() override {
        if (!kms_.present) throw_errno("open /dev/dri/card0", ENOENT);
        return std::make_unique<FakeCard>(kms_);
    }
    int descriptor() const override { return kms_.events.get(); }
    bool take_events() override {
        FakeKms::drain(kms_.events);
        return true;
    }

  private:
    FakeKms& kms_;
};

}  // namespace hvfbd::testing
