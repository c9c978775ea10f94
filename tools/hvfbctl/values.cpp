#include "values.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/numbers.h"

namespace hvfbctl {

namespace {

using nlohmann::ordered_json;
using Sizes = std::vector<sdbus::Struct<std::uint32_t, std::uint32_t>>;
using Counters = std::map<std::string, std::uint64_t>;

template <class Number>
std::optional<sdbus::Variant> number_from(const std::string& text) {
    const auto number = hvfbd::whole_number<Number>(text);
    return number ? std::optional(sdbus::Variant(*number)) : std::nullopt;
}

}  // namespace

ordered_json to_json(const sdbus::Variant& value) {
    const std::string type = value.peekValueType();
    if (type == "s") return value.get<std::string>();
    if (type == "o") return std::string(value.get<sdbus::ObjectPath>());
    if (type == "u") return value.get<std::uint32_t>();
    if (type == "t") return value.get<std::uint64_t>();
    if (type == "b") return value.get<bool>();
    if (type == "as") return value.get<std::vector<std::string>>();
    if (type == "a{st}") return value.get<Counters>();
    if (type == "a(uu)") {
        ordered_json sizes = ordered_json::array();
        for (const auto& size : value.get<Sizes>()) sizes.push_back({std::get<0>(size), std::get<1>(size)});
        return sizes;
    }
    return nullptr;
}

std::string to_text(const sdbus::Variant& value) {
    const std::string type = value.peekValueType();
    std::string text;
    if (type == "a(uu)") {
        for (const auto& size : value.get<Sizes>())
            text += (text.empty() ? "" : " ") + std::to_string(std::get<0>(size)) + "x" +
                    std::to_string(std::get<1>(size));
        return text.empty() ? "any" : text;
    }
    if (type == "a{st}") {
        for (const auto& [name, number] : value.get<Counters>())
            text += (text.empty() ? "" : " ") + name + "=" + std::to_string(number);
        return text;
    }
    if (type == "as") {
        for (const auto& word : value.get<std::vector<std::string>>())
            text += (text.empty() ? "" : " ") + word;
        return text;
    }
    const ordered_json json = to_json(value);
    if (json.is_string()) return json.get<std::string>();
    return json.is_null() ? "?" : json.dump();
}

std::string as_text(const ordered_json& json, int indent) {
    return json.dump(indent, ' ', true, ordered_json::error_handler_t::replace);
}

std::optional<sdbus::Variant> from_text(const std::string& text, const sdbus::Variant& like) {
    const std::string type = like.peekValueType();
    if (type == "s") return sdbus::Variant(text);
    if (type == "u") return number_from<std::uint32_t>(text);
    if (type == "t") return number_from<std::uint64_t>(text);
    if (type == "b") {
        if (text == "true" || text == "yes" || text == "1") return sdbus::Variant(true);
        if (text == "false" || text == "no" || text == "0") return sdbus::Variant(false);
    }
    // The daemon alone knows what may be written, so that what cannot is sent too, as a text, for it to
    // refuse.
    if (type.size() > 1 || type == "o") return sdbus::Variant(text);
    return std::nullopt;
}

std::string type_in_words(const sdbus::Variant& like) {
    const std::string type = like.peekValueType();
    if (type == "u") return "a whole number from 0 to 4294967295";
    if (type == "t") return "a whole number from 0 to 18446744073709551615";
    if (type == "b") return "true or false";
    return "a value of type " + type;
}

}  // namespace hvfbctl
