#include "bus/options.h"

#include "base/error.h"
#include "base/text.h"

namespace hvfbd {

namespace {

constexpr std::size_t longest_name = 64;
constexpr const char* layers = "a string, \"normal\" or \"background\"";

[[noreturn]] void refuse(const std::string& sentence) {
    throw RequestError(RequestError::Kind::invalid_arguments, sentence);
}

template <typename Value>
Value as(const std::string& option, const sdbus::Variant& variant, const char* must_be) {
    if (!variant.containsValueOfType<Value>()) refuse("the option \"" + option + "\" must be " + must_be);
    return variant.get<Value>();
}

std::string checked_name(const std::string& name) {
    // It reaches the terminals of others.
    if (name.empty() || name.size() > longest_name || !is_plain(name))
        refuse("the option \"name\" must be 1 to " + std::to_string(longest_name) +
               " bytes of printable text, without control characters and invisible ones");
    return name;
}

Layer checked_layer(const std::string& name) {
    for (Layer layer : {Layer::background, Layer::normal})
        if (name == name_of(layer)) return layer;
    refuse(std::string("the option \"layer\" must be ") + layers + "; \"" + name + "\" is not");
}

// As OpenSurface answers it.
Layout checked_layout(const BusOptions& members) {
    Mode mode;
    std::uint32_t stride = 0, format = format_xrgb8888;
    std::optional<std::uint64_t> size;
    for (const auto& [member, value] : members) {
        // clang 14 captures no structured binding by reference.
        auto number = [&value = value, name = "layout." + member] {
            return as<std::uint32_t>(name, value, "a number of 32 bits");
        };
        if (member == "width")
            mode.width = number();
        else if (member == "height")
            mode.height = number();
        else if (member == "stride")
            stride = number();
        else if (member == "format")
            format = number();
        else if (member == "size")
            size = as<std::uint64_t>("layout.size", value, "a number of 64 bits");
        else
            refuse("the option \"layout\" knows width, height, stride, format and size; not \"" + member +
                   "\"");
    }
    if (format != format_xrgb8888) refuse("the option \"layout.format\" must be XRGB8888 (0x34325258)");
    Layout layout;
    try {
        layout = layout_for(mode, stride);
    } catch (const RequestError& refused) {
        refuse(std::string("the option \"layout\" does not do: ") + refused.what());
    }
    if (size.value_or(layout.size) != layout.size)
        refuse("the option \"layout.size\" must be " + std::to_string(layout.size) + " for that");
    return layout;
}

}  // namespace

SurfaceOptions surface_options(const BusOptions& options) {
    SurfaceOptions result{"surface", false, false};
    for (const auto& [option, value] : options) {
        if (option == "name") {
            result.name = checked_name(as<std::string>(option, value, "a string"));
        } else if (option == "keep") {
            result.keep = as<bool>(option, value, "a boolean");
        } else if (option == "tracking") {
            auto tracking = as<std::string>(option, value, "a string, \"auto\" or \"none\"");
            if (tracking != "auto" && tracking != "none")
                refuse("the option \"tracking\" must be \"auto\" or \"none\"; \"" + tracking + "\" is not");
            result.explicit_damage = tracking == "none";
        } else if (option == "layer") {
            result.layer = checked_layer(as<std::string>(option, value, layers));
        } else if (option == "layout") {
            result.layout = checked_layout(as<BusOptions>(option, value, "a dictionary"));
        } else {
            refuse("the option \"" + option +
                   "\" is not known; known are name, tracking, keep, layer and layout");
        }
    }
    return result;
}

void expect_no_options(const BusOptions& options) {
    if (!options.empty())
        refuse("the option \"" + options.begin()->first + "\" is not known; this method knows none yet");
}

}  // namespace hvfbd
