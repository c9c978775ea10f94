#include "restart/state.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/cbor.h"
#include "restart/state_fields.h"
#include "restart/state_rules.h"

namespace hvfbd {

namespace {

using Json = nlohmann::json;

constexpr const char* version_field = "version";

// A map says how many entries it has before them.
class FieldCounter {
  public:
    template <typename Value>
    void required(std::string_view, const Value&) {
        ++count_;
    }
    template <typename Value>
    void optional(std::string_view, const Value&) {
        ++count_;
    }
    template <typename Value>
    void optional(std::string_view, const std::optional<Value>& value) {
        if (value) ++count_;
    }
    void octets(std::string_view, const std::string&) { ++count_; }
    std::size_t count() const { return count_; }

  private:
    std::size_t count_ = 0;
};

// Not by a tree of nlohmann's: its destructor allocates, which ends the process where there is no memory, and
// it takes 17 times as long. See docs/decisions/0155-the-saved-state-is-cbor.md.
class Encoder {
  public:
    explicit Encoder(std::vector<std::byte>& bytes) : out_(bytes) {}

    template <typename Value>
    void required(std::string_view name, const Value& value) {
        out_.text(name);
        put(value);
    }
    template <typename Value>
    void optional(std::string_view name, const Value& value) {
        required(name, value);
    }
    template <typename Value>
    void optional(std::string_view name, const std::optional<Value>& value) {
        if (value) required(name, *value);
    }
    void octets(std::string_view name, const std::string& value) {
        out_.text(name);
        out_.octets(value);
    }

    template <typename Object>
    requires std::is_class_v<Object>
    void put(const Object& object) {
        constexpr bool has_version = version_of<Object> != 0;
        FieldCounter fields;
        describe(fields, object);
        out_.map(fields.count() + (has_version ? 1 : 0));
        if (has_version) required(version_field, version_of<Object>);
        describe(*this, object);
    }

  private:
    void put(bool value) { out_.flag(value); }
    void put(std::unsigned_integral auto value) { out_.number(value); }
    void put(const std::string& value) { out_.text(value); }
    template <typename Object>
    void put(const std::vector<Object>& objects) {
        out_.array(objects.size());
        for (const Object& object : objects) put(object);
    }

    CborWriter out_;
};

// Where a field is, and what is wrong with it. Empty: nothing is.
using Fault = std::string;

Fault within(const std::string& name, const Fault& fault) {
    if (fault.empty()) return {};
    return name + (fault.front() == '[' || fault.front() == ' ' ? "" : ".") + fault;
}

// Of an object, and none where it has none.
std::optional<std::uint64_t> version_in(const Json& object) {
    if (!object.is_object()) return std::nullopt;
    auto found = object.find(version_field);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint64_t>();
}

// Reads the fields of one map. After the first fault it reads nothing more.
class Decoder {
  public:
    // `passed_over` counts objects that are not known. Both are borrowed.
    Decoder(const Json& map, std::size_t& passed_over) : map_(map), passed_over_(passed_over) {}

    // Of an object whose version is known, or of a value that has none.
    template <typename Object>
    static Fault take_fields(const Json& from, Object& object, std::size_t& passed_over) {
        if (!from.is_object()) return " is no map";
        Decoder decoder(from, passed_over);
        describe(decoder, object);
        if (decoder.fault_.empty()) decoder.pass_over_unknown();
        return std::move(decoder.fault_);
    }

    template <typename Value>
    void required(const char* name, Value& value) {
        if (!read(name, find(name), value) && fault_.empty()) fault_ = within(name, " is missing");
    }
    template <typename Value>
    void optional(const char* name, Value& value) {
        read(name, find(name), value);
    }
    template <typename Value>
    void optional(const char* name, std::optional<Value>& value) {
        const Json* from = find(name);
        if (from != nullptr) read(name, from, value.emplace());
    }
    void octets(const char* name, std::string& value) {
        const Json* from = find(name);
        if (from == nullptr) return;
        if (!from->is_binary()) {
            fault_ = within(name, " is no byte string");
            return;
        }
        const auto& octets = from->get_binary();
        value.assign(octets.begin(), octets.end());
    }

  private:
    const Json* find(const char* name) {
        known_.emplace_back(name);
        if (!fault_.empty()) return nullptr;
        auto found = map_.find(name);
        return found == map_.end() ? nullptr : &*found;
    }

    // False: it is not there.
    template <typename Value>
    bool read(const char* name, const Json* from, Value& value) {
        if (from == nullptr) return false;
        fault_ = within(name, take(*from, value));
        return true;
    }

    Fault take(const Json& from, bool& value) {
        if (!from.is_boolean()) return " is neither true nor false";
        value = from.get<bool>();
        return {};
    }
    template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>) Fault take(const Json& from, Number& value) {
        if (!from.is_number_unsigned()) return " is no unsigned number";
        auto number = from.get<std::uint64_t>();
        if (number > std::numeric_limits<Number>::max()) return " is too large";
        value = static_cast<Number>(number);
        return {};
    }
    Fault take(const Json& from, std::string& value) {
        if (!from.is_string()) return " is no text";
        value = from.get_ref<const std::string&>();
        return {};
    }
    Fault take(const Json& from, Layout& layout) {
        if (Fault fault = take_fields(from, layout, passed_over_); !fault.empty()) return fault;
        auto valid = saved_layout(layout.width, layout.height, layout.stride);
        if (!valid) return " is the layout of no buffer";
        layout = *valid;
        return {};
    }
    template <typename Value>
    requires std::is_class_v<Value> Fault take(const Json& from, Value& value) {
        return take_fields(from, value, passed_over_);
    }
    template <typename Object>
    Fault take(const Json& from, std::vector<Object>& objects) {
        if (!from.is_array()) return " is no list";
        for (const Json& item : from)
            if (Fault fault = take_into(objects, item); !fault.empty())
                return within("[" + std::to_string(&item - &from.front()) + "]", fault);
        return {};
    }

    template <typename Object>
    Fault take_into(std::vector<Object>& objects, const Json& item) {
        std::optional<std::uint64_t> version = version_in(item);
        if (!version) return "version is missing";
        bool known = version == version_of<Object>;
        if (!known) ++passed_over_;
        if constexpr (std::same_as<Object, SavedDisplay>) {
            // The place of a display is its number, by which the pictures of those behind it are found.
            objects.push_back(new_display());
        } else if (known) {
            objects.emplace_back();
        }
        return known ? take_fields(item, objects.back(), passed_over_) : Fault();
    }

    // Of a newer hvfbd. A value is skipped; an object is lost, and that is said.
    void pass_over_unknown() {
        auto is_object = [](const Json& value) { return version_in(value).has_value(); };
        for (const auto& [name, value] : map_.get_ref<const Json::object_t&>()) {
            if (std::ranges::find(known_, name) != known_.end()) continue;
            if (value.is_array())
                passed_over_ += static_cast<std::size_t>(std::ranges::count_if(value, is_object));
            else if (is_object(value))
                ++passed_over_;
        }
    }

    const Json& map_;
    std::size_t& passed_over_;
    std::vector<std::string_view> known_;
    Fault fault_;
};

// NOLINTBEGIN(bugprone-exception-escape): the library's iterators throw only over what is not structured.
// Empties it from within. The library's destructor, which is noexcept, allocates for each array or object
// that is not empty. The structure was checked: it is no deeper than `deepest_cbor`.
void dismantle(Json& tree) noexcept {
    if (!tree.is_structured()) return;
    for (Json& item : tree) dismantle(item);
    tree.clear();
}

// What was read, and is given back without memory.
struct Tree {
    Tree() = default;
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;
    ~Tree() { dismantle(root); }

    Json root;
};
// NOLINTEND(bugprone-exception-escape)

Decoded refused(const std::string& why) {
    return {std::nullopt, "it is damaged: " + why};
}

}  // namespace

void encode(const State& state, std::vector<std::byte>& bytes) {
    bytes.clear();
    Encoder(bytes).put(state);
}

Decoded decode_state(std::span<const std::byte> bytes) {
    // The library trusts its input: it recurses as deep as the input is nested, and throws where a length is
    // absurd.
    if (std::string why = why_no_cbor(bytes); !why.empty()) return refused(why);
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    Tree tree;
    const Json& root = tree.root;
    // What Json::from_cbor does, with a tree of ours: where it finds no memory, it destroys its own.
    // mutants: the library reads whatever has passed until here.
    nlohmann::detail::json_sax_dom_parser<Json> builder(tree.root, false);
    if (!Json::sax_parse(begin, begin + bytes.size(), &builder, Json::input_format_t::cbor))
        return refused("it is no CBOR");  // mutants: the same
    std::optional<std::uint64_t> version = version_in(root);
    if (!version) return refused("version is missing");
    if (version != version_of<State>)
        return {std::nullopt, "its objects have version " + std::to_string(*version) +
                                  ", and this hvfbd reads version " + std::to_string(version_of<State>)};
    Decoded decoded;
    State state;
    if (Fault fault = Decoder::take_fields(root, state, decoded.passed_over); !fault.empty())
        return refused(fault);
    if (std::string why = why_unsound(state); !why.empty()) return refused(why);
    decoded.state = std::move(state);
    return decoded;
}

}  // namespace hvfbd
