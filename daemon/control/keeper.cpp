#include "control/keeper.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr const char* state_name = "state";

// Each display gives its descriptors names of its own choice.
std::string prefix_of(std::size_t display) {
    return "display" + std::to_string(display) + ".";
}

bool is_large_enough(const Descriptor& memfd) {
    struct stat status {};
    int seals = ::fcntl(memfd.get(), F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && ::fstat(memfd.get(), &status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) >= state_memory_size;
}

}  // namespace

Decoded Keeper::inherit() {
    for (std::string& name : store_.legacy().names()) stored_.insert(std::move(name));
    memfd_ = store_.legacy().take(state_name);
    if (!memfd_) return {};
    if (!is_large_enough(memfd_)) {
        memfd_.reset();
        return {std::nullopt, "it is none of hvfbd's"};
    }
    memory_ = Mapping(memfd_, state_memory_size, Mapping::Access::read_write);
    Decoded decoded = read_state(memory_.bytes());
    if (decoded.state) {
        generation_ = decoded.state->generation + 1;
    } else {
        // Not written over: this process makes its own.
        memory_ = {};
        memfd_.reset();
    }
    return decoded;
}

Legacy Keeper::legacy_of(std::size_t display) {
    return store_.legacy().take_part(prefix_of(display));
}

void Keeper::begin(std::vector<const Pipeline*> displays, const Tuning& configured) {
    displays_ = std::move(displays);
    configured_ = &configured;
    store_.legacy().clear();
    if (!store_.there()) return;
    if (!memfd_) make_memory();
    save();
}

void Keeper::make_memory() {
    memfd_ = Descriptor(::memfd_create("hvfbd-state", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd_ || ::ftruncate(memfd_.get(), state_memory_size) < 0 ||
        ::fcntl(memfd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        throw_errno("make the memory of the state");
    memory_ = Mapping(memfd_, state_memory_size, Mapping::Access::read_write);
    format_state_memory(memory_.bytes());
    if (stored_.erase(state_name) > 0) store_.remove(state_name);
    store_.add({state_name, memfd_.get()});
    stored_.insert(state_name);
}

void Keeper::save() {
    if (!memfd_ || displays_.empty()) return;
    State state;
    state.generation = generation_;
    for (const Pipeline* display : displays_) state.displays.push_back(display->keep(*configured_));
    encode(state, encoded_);
    if (encoded_ == written_ && !written_.empty()) {
        overflowed_ = false;
        return;
    }

    std::vector<Keepsake> keepsakes;
    for (std::size_t number = 0; number < displays_.size(); ++number) {
        std::size_t first = keepsakes.size();
        displays_[number]->add_keepsakes(keepsakes);
        for (std::size_t i = first; i < keepsakes.size(); ++i) keepsakes[i].name.insert(0, prefix_of(number));
    }
    std::set<std::string> wanted{state_name};
    // First what is new, then the state that names it, then what it names no more: at any moment the process
    // may end.
    for (const Keepsake& keepsake : keepsakes) {
        wanted.insert(keepsake.name);
        if (stored_.insert(keepsake.name).second) store_.add(keepsake);
    }
    if (!write_state(memory_.bytes(), encoded_)) {
        if (!std::exchange(overflowed_, true)) overflow_ = true;
        return;
    }
    overflowed_ = false;
    written_ = encoded_;
    std::erase_if(stored_, [&](const std::string& name) {
        bool unwanted = !wanted.contains(name);
        if (unwanted) store_.remove(name);
        return unwanted;
    });
}

}  // namespace hvfbd
