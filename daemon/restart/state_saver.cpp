#include "restart/state_saver.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <new>
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

Decoded StateSaver::restore() {
    for (std::string& name : store_.restored().names()) stored_.insert(std::move(name));
    // The state that is there now may name any of it.
    named_ = stored_;
    memfd_ = store_.restored().take(state_name);
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

RestoredDescriptors StateSaver::restored_of(std::size_t display) {
    return store_.restored().take_part(prefix_of(display));
}

void StateSaver::begin(std::vector<const Display*> displays, const DisplaySettings& configured,
                       std::uint64_t output) {
    displays_ = std::move(displays);
    configured_ = &configured;
    configured_output_ = output;
    store_.restored().clear();
    save();
}

void StateSaver::make_memory() {
    Descriptor memfd(::memfd_create("hvfbd-state", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd) throw_errno("make the memory of the state");
    // Allocated, so that a full machine is an error here and not a SIGBUS when it is written.
    if (int error = ::posix_fallocate(memfd.get(), 0, state_memory_size))
        throw_errno("allocate the memory of the state", error);
    if (::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        throw_errno("seal the memory of the state");
    Mapping memory(memfd, state_memory_size, Mapping::Access::read_write);
    format_state_memory(memory.bytes());
    if (stored_.erase(state_name) > 0) store_.remove(state_name);
    stored_.insert(state_name);
    if (!store_.add({state_name, memfd.get()})) {
        stored_.erase(state_name);
        throw_errno("give the state to the service manager", EMFILE);
    }
    memfd_ = std::move(memfd);
    memory_ = std::move(memory);
}

std::vector<StoredDescriptor> StateSaver::stored_descriptors() const {
    std::vector<StoredDescriptor> all;
    for (std::size_t number = 0; number < displays_.size(); ++number) {
        std::size_t first = all.size();
        displays_[number]->add_stored_descriptors(all);
        for (std::size_t i = first; i < all.size(); ++i) all[i].name.insert(0, prefix_of(number));
    }
    return all;
}

bool StateSaver::save() {
    if (!store_.there() || displays_.empty()) return true;
    try {
        if (!memfd_) make_memory();
        return write();
    } catch (const std::system_error& error) {
        fail(error.what());
    } catch (const std::bad_alloc& error) {
        fail(error.what());
    }
    return false;
}

// What was written before stands, and what it names is in the store. The next dispatch tries again.
void StateSaver::fail(const char* why) noexcept {
    written_.clear();
    if (std::exchange(failed_, true)) return;
    try {
        problem_ = why;
    } catch (const std::bad_alloc&) {
        failed_ = false;  // said the next time
    }
}

bool StateSaver::write() {
    State state;
    state.generation = generation_;
    state.configured_output = configured_output_;
    for (const Display* display : displays_) state.displays.push_back(display->save(*configured_));
    encode(state, encoded_);
    if (encoded_ == written_ && !written_.empty()) {
        overflowed_ = false;
        failed_ = false;
        return true;
    }

    std::set<std::string> wanted{state_name};
    // First what is new, then the state that names it, then what it names no more: at any moment the process
    // may end.
    for (const StoredDescriptor& stored_descriptor : stored_descriptors()) {
        wanted.insert(stored_descriptor.name);
        auto [at, fresh] = stored_.insert(stored_descriptor.name);
        if (!fresh) continue;
        try {
            if (!store_.add(stored_descriptor))
                throw_errno("give " + stored_descriptor.name + " to the service manager", EMFILE);
        } catch (...) {
            stored_.erase(at);
            throw;
        }
    }
    // The state would name what is not in the store yet.
    if (store_.adding()) {
        forget_unnamed(wanted);
        return false;
    }
    if (!write_state(memory_.bytes(), encoded_)) {
        if (!std::exchange(overflowed_, true)) overflow_ = true;
        return true;
    }
    overflowed_ = failed_ = false;
    written_ = encoded_;
    named_ = wanted;
    forget_unnamed(wanted);
    return true;
}

// Removes from the store what neither the written state nor the next one names.
void StateSaver::forget_unnamed(const std::set<std::string>& wanted) {
    std::erase_if(stored_, [&](const std::string& name) {
        bool unwanted = !wanted.contains(name) && !named_.contains(name);
        if (unwanted) store_.remove(name);
        return unwanted;
    });
}

void StateSaver::store_again() {
    if (!memfd_) return;
    // It keeps one that it has, and closes the duplicate.
    if (!store_.add({state_name, memfd_.get()})) return;
    for (const StoredDescriptor& stored_descriptor : stored_descriptors())
        if (stored_.contains(stored_descriptor.name) && !store_.add(stored_descriptor)) return;
    short_at_ = 0;
}

std::optional<std::size_t> StateSaver::take_shortage() {
    auto most = store_.most();
    if (!most || stored_.size() <= std::max(*most, short_at_)) return std::nullopt;
    short_at_ = stored_.size() + stored_.size() / 2;  // not for each one more
    return stored_.size();
}

}  // namespace hvfbd
