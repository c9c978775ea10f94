#include "output/hyperv/saved_output.h"

#include "base/bytes.h"

namespace hvfbd::hyperv {

namespace {

constexpr std::size_t most_descriptors = 32, longest_device = 4096;

void put(ByteWriter& out, Mode mode) {
    out.put(mode.width);
    out.put(mode.height);
}

void put(ByteWriter& out, const std::optional<Mode>& mode) {
    out.put(static_cast<std::uint8_t>(mode.has_value()));
    if (mode) put(out, *mode);
}

Mode take_mode(ByteReader& in) {
    Mode mode{in.take<std::uint32_t>(), in.take<std::uint32_t>()};
    if (mode.width == 0 || mode.height == 0 || mode.width > max_extent || mode.height > max_extent) in.fail();
    return mode;
}

std::optional<Mode> take_optional_mode(ByteReader& in) {
    if (!in.take_flag()) return std::nullopt;
    return take_mode(in);
}

}  // namespace

std::string encode_saved_output(const SavedOutput& saved) {
    std::vector<std::byte> bytes;
    ByteWriter out(bytes);
    const Session::Saved& session = saved.session;
    out.put(saved.connection);
    out.put(static_cast<std::uint32_t>(saved.descriptors));
    if (saved.descriptors > 0) {
        out.put_text(saved.device);
        out.put(saved.vram_address);
        out.put(saved.vram_size);
        out.put(session.version);
        put(out, session.chosen);
        put(out, session.preferred);
        put(out, session.mode);
        out.put(static_cast<std::uint32_t>(session.modes.size()));
        for (Mode mode : session.modes) put(out, mode);
        out.put(session.situation);
        for (bool flag : {session.acknowledges, session.tolerates_silence, session.owed})
            out.put(static_cast<std::uint8_t>(flag));
        out.put(session.wanted);
        out.put(static_cast<std::uint8_t>(session.features.has_value()));
        if (session.features)
            for (bool flag : {session.features->dirt, session.features->pointer_position,
                              session.features->pointer_shape, session.features->situation})
                out.put(static_cast<std::uint8_t>(flag));
    }
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<SavedOutput> decode_saved_output(const std::string& bytes) {
    ByteReader in(std::as_bytes(std::span(bytes)));
    SavedOutput saved;
    Session::Saved& session = saved.session;
    saved.connection = in.take<std::uint64_t>();
    saved.descriptors = in.take_count(most_descriptors);
    if (saved.descriptors > 0) {
        saved.device = in.take_text(longest_device);
        saved.vram_address = in.take<std::uint64_t>();
        saved.vram_size = in.take<std::uint64_t>();
        session.version = in.take<std::uint32_t>();
        session.chosen = take_optional_mode(in);
        session.preferred = take_optional_mode(in);
        session.mode = take_mode(in);
        // The list, and the preferred one before it.
        for (std::size_t left = in.take_count(synthvid::most_resolutions + 1); left > 0; --left)
            session.modes.push_back(take_mode(in));
        session.situation = in.take<std::uint64_t>();
        for (bool* flag : {&session.acknowledges, &session.tolerates_silence, &session.owed})
            *flag = in.take_flag();
        session.wanted = in.take<std::uint8_t>();
        if (in.take_flag()) {
            session.features.emplace();
            for (bool* flag : {&session.features->dirt, &session.features->pointer_position,
                               &session.features->pointer_shape, &session.features->situation})
                *flag = in.take_flag();
        }
    }
    if (!in.good() || !in.at_end()) return std::nullopt;
    return saved;
}

}  // namespace hvfbd::hyperv
