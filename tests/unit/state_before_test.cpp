// The encoding of the state before CBOR: objects, each with a kind, a version and a size before its content.
#include "restart/state_before.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "restart/state_rules.h"

namespace hvfbd {
namespace {

enum Kind : std::uint16_t { header = 1, display = 2, facts = 3, settings = 4, surface = 5, viewer = 6 };

using Bytes = std::vector<std::byte>;

template <typename Write>
Bytes written(const Write& write) {
    Bytes bytes;
    ByteWriter out(bytes);
    write(out);
    return bytes;
}

Bytes object(unsigned kind, const Bytes& content, std::uint16_t version = 1) {
    return written([&](ByteWriter& out) {
        out.put(static_cast<std::uint16_t>(kind));
        out.put(version);
        out.put_bytes(content);
    });
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

void put(ByteWriter& out, const Layout& layout) {
    out.put(layout.width);
    out.put(layout.height);
    out.put(layout.stride);
}

void put(ByteWriter& out, const std::optional<SavedOffer>& offer) {
    out.put(std::uint8_t{offer.has_value()});
    if (!offer) return;
    out.put(offer->serial);
    put(out, offer->layout);
}

void put(ByteWriter& out, const SavedClient& client) {
    out.put_text(client.bus_name);
    out.put(client.uid);
    out.put(client.pid);
    out.put(std::uint8_t{client.has_process});
}

Bytes object_of(const SavedSurface& saved) {
    return object(surface, written([&](ByteWriter& out) {
                      out.put(saved.number);
                      out.put_text(saved.name);
                      out.put(std::uint8_t{saved.explicit_damage});
                      out.put(std::uint8_t{saved.keep});
                      out.put(saved.uid);
                      put(out, saved.layout);
                      out.put(saved.shadow);
                      out.put(saved.last_shadow);
                      put(out, saved.offer);
                      put(out, saved.replaced);
                      out.put(saved.connection);
                      out.put(std::uint8_t{saved.client.has_value()});
                      if (saved.client) put(out, *saved.client);
                      out.put(std::uint8_t{saved.handshake.made});
                      out.put(saved.handshake.flags);
                  }));
}

Bytes object_of(const SavedViewer& saved) {
    return object(viewer, written([&](ByteWriter& out) {
                      out.put(saved.number);
                      put(out, saved.client);
                      out.put(std::uint8_t{saved.handshake_complete});
                  }));
}

Bytes facts_of(const SavedDisplay& saved) {
    return object(facts, written([&](ByteWriter& out) {
                      out.put(std::uint8_t{saved.mode.has_value()});
                      if (saved.mode) {
                          out.put(saved.mode->width);
                          out.put(saved.mode->height);
                      }
                      out.put(saved.frame);
                      out.put(saved.last_surface);
                      out.put(saved.last_viewer);
                      out.put_text(saved.output);
                      out.put_text(saved.output_name);
                      out.put(saved.size.width);
                      out.put(saved.size.height);
                  }));
}

Bytes header_of(std::uint64_t generation) {
    return object(header, written([&](ByteWriter& out) { out.put(generation); }));
}

Bytes setting(std::string_view property, std::string_view value) {
    return object(settings, written([&](ByteWriter& out) {
                      out.put_text(property);
                      out.put_text(value);
                  }));
}

SavedDisplay some_display() {
    SavedDisplay saved;
    saved.settings = {{"RefreshLimit", "60"}, {"Tracking", "scan"}};
    saved.mode = Mode{1280, 720};
    saved.frame = 12345;
    saved.last_surface = 7;
    saved.last_viewer = 3;
    saved.output = "bytes of an output";
    saved.output_name = "hyperv";
    saved.size = {640, 480};
    SavedSurface drawn;
    drawn.number = 7;
    drawn.name = "drawn";
    drawn.explicit_damage = true;
    drawn.uid = 1000;
    drawn.layout = layout_for({1280, 720}, 6000);
    drawn.shadow = 4;
    drawn.last_shadow = 9;
    drawn.offer = SavedOffer{9, layout_for({640, 480})};
    drawn.replaced = SavedOffer{8, layout_for({800, 600})};
    drawn.connection = 3;
    drawn.client = SavedClient{":1.42", 1000, 4711, true};
    drawn.handshake = {true, 7};
    SavedSurface kept = drawn;
    kept.number = 2;
    kept.explicit_damage = false;
    kept.keep = true;
    kept.offer.reset();
    kept.replaced.reset();
    kept.client.reset();
    kept.handshake = {};
    saved.surfaces = {drawn, kept};
    saved.viewers = {{3, {":1.43", 5, 99, false}, true}, {1, {":1.44", 0, 98, true}, false}};
    return saved;
}

Bytes content_of(const SavedDisplay& saved) {
    Bytes all = facts_of(saved);
    for (const auto& [property, value] : saved.settings) all = joined({all, setting(property, value)});
    for (const SavedSurface& item : saved.surfaces) all = joined({all, object_of(item)});
    for (const SavedViewer& item : saved.viewers) all = joined({all, object_of(item)});
    return all;
}

Bytes object_of(const SavedDisplay& saved) {
    return object(display, content_of(saved));
}

TEST(StateBeforeCbor, is_restored_whole) {
    SavedDisplay plain = new_display();
    Decoded read = decode_state_before(joined({header_of(5), object_of(some_display()), object_of(plain)}));
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, (State{5, {some_display(), plain}}));
    EXPECT_EQ(read.passed_over, 0u);
}

TEST(StateBeforeCbor, has_texts_as_long_as_they_could_be) {
    SavedDisplay saved = some_display();
    saved.output = std::string(65536, 'x');
    EXPECT_EQ(decode_state_before(joined({header_of(5), object_of(saved)})).state, (State{5, {saved}}));
}

TEST(StateBeforeCbor, is_restored_without_the_objects_that_are_not_known) {
    const Bytes content = content_of(some_display()), anything(7, std::byte{0xff});
    for (const Bytes& unknown : {object(0, anything), object(7, anything), object(0xffff, anything),
                                 object(surface, anything, 2), object(settings, anything, 0)}) {
        const Bytes around = object(display, joined({unknown, content, unknown}));
        Decoded read = decode_state_before(joined({unknown, header_of(5), around, unknown}));
        ASSERT_TRUE(read.state) << read.why;
        EXPECT_EQ(*read.state, (State{5, {some_display()}}));
        EXPECT_EQ(read.passed_over, 4u);
    }
}

TEST(StateBeforeCbor, ignores_an_object_in_a_place_that_is_not_its_own) {
    const Bytes content = joined({header_of(9), content_of(some_display()), object(display, {})});
    Decoded read = decode_state_before(
        joined({facts_of(some_display()), header_of(5), object(display, content), setting("x", "y")}));
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, (State{5, {some_display()}}));
}

TEST(StateBeforeCbor, leaves_each_display_its_number_where_one_is_not_known) {
    const Bytes newer = object(display, {}, 2);
    Decoded read = decode_state_before(joined({header_of(5), newer, object_of(some_display())}));
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, (State{5, {new_display(), some_display()}}));
    EXPECT_EQ(read.passed_over, 1u);
    // Nor is one restored whose facts are not there, whatever else is.
    const Bytes no_facts = object(display, setting("RefreshLimit", "60"));
    read = decode_state_before(joined({header_of(5), no_facts, object_of(some_display())}));
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, (State{5, {new_display(), some_display()}}));
}

TEST(StateBeforeCbor, is_refused_by_a_sentence_where_anything_of_it_cannot_be) {
    constexpr const char* damaged = "it is damaged: an object of it is cut off or holds what it cannot";
    const Bytes whole = joined({header_of(5), object_of(some_display())});
    // Only between objects: that it is complete is for the sum of its slot to say.
    for (std::size_t size = header_of(5).size() + 1; size < whole.size(); ++size) {
        Decoded read = decode_state_before(std::span(whole).first(size));
        EXPECT_FALSE(read.state) << size;
        EXPECT_EQ(read.why, damaged) << size;
    }
    // The same for what ends within an object.
    for (const Bytes& all : {object_of(some_display().surfaces[0]), object_of(some_display().viewers[0]),
                             facts_of(some_display()), setting("x", "y")}) {
        const std::uint16_t kind = std::to_integer<std::uint16_t>(all[0]);
        for (std::size_t size = 8; size < all.size(); ++size) {
            const Bytes cut = object(
                display, joined({facts_of(new_display()),
                                 object(kind, Bytes(all.begin() + 8,
                                                    all.begin() + static_cast<std::ptrdiff_t>(size)))}));
            EXPECT_EQ(decode_state_before(joined({header_of(5), cut})).why, damaged) << kind << " " << size;
        }
    }
    EXPECT_EQ(decode_state_before(object(header, Bytes(7))).why, damaged);

    SavedDisplay saved = some_display();
    saved.surfaces[0].offer->layout.stride = 3;
    EXPECT_EQ(decode_state_before(joined({header_of(5), object_of(saved)})).why, damaged);
    saved = some_display();
    saved.output = std::string(65537, 'x');
    EXPECT_EQ(decode_state_before(joined({header_of(5), object_of(saved)})).why, damaged);

    EXPECT_EQ(decode_state_before({}).why, "it is damaged: its header is missing");
    EXPECT_EQ(decode_state_before(object_of(some_display())).why, "it is damaged: its header is missing");
    saved = some_display();
    saved.surfaces[1].number = 7;
    EXPECT_EQ(decode_state_before(joined({header_of(5), object_of(saved)})).why,
              "it is damaged: display0: surface 7 is there twice");
}

}  // namespace
}  // namespace hvfbd
