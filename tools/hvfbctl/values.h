#pragma once

#include <sdbus-c++/Types.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace hvfbctl {

// Values of properties, between the bus, JSON and people. Of the types that the interface uses; null and "?"
// for others.
nlohmann::ordered_json to_json(const sdbus::Variant& value);
std::string to_text(const sdbus::Variant& value);
// JSON in ASCII, so that no terminal obeys what others chose. `indent` below 0: in one line.
std::string as_text(const nlohmann::ordered_json& json, int indent = -1);

// Reads `text` as the type of `like`. Nothing if it is none.
std::optional<sdbus::Variant> from_text(const std::string& text, const sdbus::Variant& like);
// That type, for a message: "a whole number from 0 to 4294967295".
std::string type_in_words(const sdbus::Variant& like);

}  // namespace hvfbctl
