#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mapping.h"
#include "display/display.h"
#include "restart/descriptor_store.h"
#include "restart/state.h"

namespace hvfbd {

// Saves what the next process restores: the descriptors in the service manager's store, and the state in a
// memory that is there as well. However suddenly this process ends, the state names descriptors that are
// in the store.
class StateSaver : public Observer {
  public:
    // Borrowed: the store outlives the saver.
    explicit StateSaver(DescriptorStore& store) : store_(store) {}

    // The state that the process before left. None: there was none, or it is of no use, which `why` says.
    Decoded restore();

    // The descriptors of a display that the process before left. Once.
    RestoredDescriptors restored_of(std::size_t display);
    // Of this process, after restore(): see state.h.
    std::uint64_t first_serial() const { return hvfbd::first_serial(generation_); }

    // From now on these displays are saved, display0 first. `configured`: what the configuration says,
    // borrowed; `output`: the number of the output that it names. Descriptors of the process before that
    // nobody took are given up.
    void begin(std::vector<const Display*> displays, const DisplaySettings& configured,
               std::uint64_t output = 0);
    // Writes what differs from what was last written. Cheap where nothing does. False: it waits until the
    // service manager has taken the descriptors that are new, and is to be tried again then.
    bool save();
    // Gives the manager everything again: it may have had no room before, and has more now.
    void store_again();

    void surface_opened(SurfaceNumber, std::string_view, const Client&) override { save(); }
    void surface_client_changed(SurfaceNumber, std::string_view, std::string_view) override { save(); }
    void viewer_opened(unsigned, const Client&) override { save(); }
    bool persist_before_acknowledge() override { return save(); }

    // The state was too long to be written, since this was last asked. Asks once.
    bool take_overflow() { return std::exchange(overflow_, false); }
    // There are more descriptors than the manager has room for, since this was last asked: how many.
    std::optional<std::size_t> take_shortage();

    // Why the state could not be saved, since this was last asked; empty: it could, or that was said. It is
    // tried again with every dispatch.
    std::string take_problem() { return std::exchange(problem_, {}); }

  private:
    void make_memory();
    std::vector<StoredDescriptor> stored_descriptors() const;
    void forget_unnamed(const std::set<std::string>& wanted);
    bool write();
    void fail(const char* why) noexcept;

    DescriptorStore& store_;
    std::vector<const Display*> displays_;
    std::uint64_t generation_ = 0;  // processes before this one
    const DisplaySettings* configured_ = nullptr;
    std::uint64_t configured_output_ = 0;
    Descriptor memfd_;
    Mapping memory_;
    std::set<std::string> stored_;  // names in the store, or on their way there
    std::set<std::string> named_;   // by the state that is written
    std::vector<std::byte> written_, encoded_;
    bool overflow_ = false, overflowed_ = false, failed_ = false;
    std::string problem_;
    std::size_t short_at_ = 0;  // as many there were when that was last said
};

}  // namespace hvfbd
