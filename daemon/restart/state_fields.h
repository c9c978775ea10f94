#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "restart/state.h"

// The fields of the saved state, each named once: `describe` is called to write an item and to read it, and
// for both it says the same. A required field has no default that could be restored from: a state without it
// is damaged. An optional field that is missing leaves the default of its member.
//
// To add a field, add a line here; an older hvfbd skips it. To change what a field means, give it another
// name, or, if an older hvfbd must not restore the object without it, raise the version of its object.
namespace hvfbd {

// Property and value.
using SavedSetting = decltype(SavedDisplay::settings)::value_type;

// Of each object that has one. An object of another version is passed over.
template <typename Object>
inline constexpr std::uint64_t version_of = 0;
template <>
inline constexpr std::uint64_t version_of<State> = 1;
template <>
inline constexpr std::uint64_t version_of<SavedDisplay> = 1;
template <>
inline constexpr std::uint64_t version_of<SavedSetting> = 1;
template <>
inline constexpr std::uint64_t version_of<SavedSurface> = 1;
template <>
inline constexpr std::uint64_t version_of<SavedViewer> = 1;

// An item to write, which is const, or one to read into.
template <typename Type, typename Item>
concept Either = std::same_as<std::remove_const_t<Type>, Item>;

template <typename Fields>
void describe(Fields& fields, Either<Mode> auto& mode) {
    fields.required("width", mode.width);
    fields.required("height", mode.height);
}

// The size follows from these, and every picture has the same format.
template <typename Fields>
void describe(Fields& fields, Either<Layout> auto& layout) {
    fields.required("width", layout.width);
    fields.required("height", layout.height);
    fields.required("stride", layout.stride);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedClient> auto& client) {
    fields.required("bus_name", client.bus_name);
    fields.required("uid", client.uid);
    fields.required("pid", client.pid);
    fields.optional("has_process", client.has_process);
}

template <typename Fields>
void describe(Fields& fields, Either<Handshake> auto& handshake) {
    fields.required("complete", handshake.made);
    fields.optional("flags", handshake.flags);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedOffer> auto& offer) {
    fields.required("serial", offer.serial);
    fields.required("layout", offer.layout);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedSetting> auto& setting) {
    fields.required("property", setting.first);
    fields.required("value", setting.second);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedSurface> auto& surface) {
    fields.required("number", surface.number);
    fields.optional("name", surface.name);
    fields.optional("explicit_damage", surface.explicit_damage);
    fields.optional("keep", surface.keep);
    fields.optional("background", surface.background);
    fields.required("uid", surface.uid);
    fields.required("layout", surface.layout);
    fields.required("shadow", surface.shadow);
    fields.required("last_shadow", surface.last_shadow);
    fields.optional("offer", surface.offer);
    fields.optional("replaced_offer", surface.replaced);
    fields.required("connection", surface.connection);
    fields.optional("client", surface.client);
    fields.optional("handshake", surface.handshake);
    fields.optional("frame", surface.frame);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedViewer> auto& viewer) {
    fields.required("number", viewer.number);
    fields.required("client", viewer.client);
    fields.optional("handshake_complete", viewer.handshake_complete);
}

template <typename Fields>
void describe(Fields& fields, Either<SavedDisplay> auto& display) {
    fields.optional("settings", display.settings);
    fields.optional("mode", display.mode);
    fields.optional("frame", display.frame);
    fields.optional("last_surface", display.last_surface);
    fields.optional("last_viewer", display.last_viewer);
    fields.optional("surfaces", display.surfaces);
    fields.optional("viewers", display.viewers);
    fields.octets("output_state", display.output);
    fields.optional("output", display.output_name);
    fields.optional("size", display.size);
}

// Without the number of processes before, serials could be given twice.
template <typename Fields>
void describe(Fields& fields, Either<State> auto& state) {
    fields.required("generation", state.generation);
    fields.optional("displays", state.displays);
    fields.optional("configured_output", state.configured_output);
}

}  // namespace hvfbd
