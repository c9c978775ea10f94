#include "config/ini.h"

#include <gtest/gtest.h>

#include <vector>

// The form of configuration files, whatever their sections and keys mean.
namespace hvfbd {
namespace {

struct Line {
    int number;
    std::string section, key, value;
    std::string refused;  // why; the others are empty then
    bool operator==(const Line&) const = default;
};

void PrintTo(const Line& line, std::ostream* out) {
    *out << line.number << ": [" << line.section << "] " << line.key << "=" << line.value << " "
         << line.refused;
}

std::vector<Line> read(std::string_view text) {
    std::vector<Line> lines;
    read_ini(
        text,
        [&](const IniEntry& entry) {
            lines.push_back({entry.line, std::string(entry.section), std::string(entry.key),
                             std::string(entry.value), ""});
        },
        [&](int line, const std::string& sentence) {
            lines.push_back({line, "", "", "", sentence});
        });
    return lines;
}

Line refused(int line, const std::string& why) {
    return {line, "", "", "", why};
}

const std::string no_section = "this begins no section, such as [Display]; the keys below it are left out",
                  no_entry = "this is neither a section, a key with a value, nor a comment",
                  no_text = "this line is not UTF-8, or has characters that are not seen",
                  no_comment = "a comment needs a line of its own";

TEST(Ini, keys_belong_to_the_section_above_them_and_lines_are_counted_from_1) {
    EXPECT_EQ(read("[A]\nX=1\n\n; of nobody\n# nor this\n  \t\nY = 2 3 \n[ Long name ]\r\nX=\r\nlast=="),
              (std::vector<Line>{{2, "A", "X", "1", ""},
                                 {7, "A", "Y", "2 3", ""},
                                 {9, "Long name", "X", "", ""},
                                 {10, "Long name", "last", "=", ""}}));
    EXPECT_TRUE(read("").empty());
    EXPECT_TRUE(read("\n\n").empty());
}

TEST(Ini, a_key_before_the_first_section_is_refused_by_its_name) {
    EXPECT_EQ(read("X=1\n[A]\nX=2"),
              (std::vector<Line>{refused(1, "X stands before the first section"), {3, "A", "X", "2", ""}}));
}

TEST(Ini, what_begins_no_section_is_refused_with_the_keys_below_it_and_said_once) {
    for (const char* line : {"[", "[]", "[ ]", "[A", "[A] x", "[A]]", "[A][B]", "[A] ; x", "[\xff]",
                             "[A\x01]", "[]A", "[\xc3\xa4\xcc]"})
        EXPECT_EQ(read(std::string("[Before]\n") + line + "\nX=1\n[Behind]\nX=2"),
                  (std::vector<Line>{refused(2, no_section), {5, "Behind", "X", "2", ""}}))
            << line;
    EXPECT_EQ(read("[B]\nX=1"), (std::vector<Line>{{2, "B", "X", "1", ""}})) << "of one letter";
}

TEST(Ini, what_is_no_key_with_a_value_is_refused) {
    for (const char* line : {"x", "=", "=1", " = 1", "x: 1", "]", "-[A]"})
        EXPECT_EQ(read(std::string("[A]\n") + line), (std::vector<Line>{refused(2, no_entry)})) << line;
    EXPECT_EQ(read("[\nx"), (std::vector<Line>{refused(1, no_section), refused(2, no_entry)}));
}

TEST(Ini, text_of_any_language_is_taken_and_what_cannot_be_shown_is_refused_wherever_it_stands) {
    for (const std::string text : {"\xc3\xbc", "\xe7\x94\xbb", "\xf0\x9f\x93\xba", "a\tb\vc\fd"})
        EXPECT_EQ(read("[A]\n" + text + "=" + text), (std::vector<Line>{{2, "A", text, text, ""}})) << text;
    for (const std::string text : {"\x01", "\x1b", "\x7f", "\xff", "\x80", "\xc3", "\xc0\x80", "\xc2\x9b",
                                   "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x80\xae", "\xe2\x80\x8b"})
        for (const std::string& line : {text + "X=1", "X" + text + "Y=1", "X=" + text, "X=1" + text + "2"})
            EXPECT_EQ(read("[A]\n" + line + "\nX=1"),
                      (std::vector<Line>{refused(2, no_text), {3, "A", "X", "1", ""}}))
                << ::testing::PrintToString(line);
}

TEST(Ini, a_value_that_would_mean_something_else_elsewhere_is_refused_and_why_is_said) {
    struct Case {
        const char *line, *why;
    };
    for (const auto& [line, why] :
         {Case{"X=1 ; the first", no_comment.c_str()}, Case{"X=1\t# the first", no_comment.c_str()},
          Case{"X= ; none", no_comment.c_str()}, Case{"X=1 2 #", no_comment.c_str()},
          Case{"X=1\\", "a line cannot be continued on the next one"},
          Case{"X=\\", "a line cannot be continued on the next one"},
          Case{"X=\"1\"", "a value stands without quotes"}, Case{"X= '1'", "a value stands without quotes"}})
        EXPECT_EQ(read(std::string("[A]\n") + line),
                  (std::vector<Line>{refused(2, std::string("X: ") + why)}))
            << line;
    for (const std::string value : {"a;b", "a#b", ";", "#1", "a\\b", "a\"b", "it's"})
        EXPECT_EQ(read("[A]\nX=" + value), (std::vector<Line>{{2, "A", "X", value, ""}})) << value;
}

TEST(Ini, a_byte_order_mark_is_nothing_at_the_beginning_alone) {
    EXPECT_EQ(read("\xef\xbb\xbf[A]\nX=1"), (std::vector<Line>{{2, "A", "X", "1", ""}}));
    EXPECT_EQ(read("[A]\n\xef\xbb\xbfX=1"), (std::vector<Line>{refused(2, no_text)}));
}

TEST(Ini, a_carriage_return_is_nothing_at_the_end_of_a_line_alone) {
    EXPECT_EQ(read("[A]\r\nX=1\r\n\r\nY=2\r"),
              (std::vector<Line>{{2, "A", "X", "1", ""}, {4, "A", "Y", "2", ""}}));
    EXPECT_EQ(read("[A]\nX=\r1"), (std::vector<Line>{refused(2, no_text)}));
    EXPECT_EQ(read("[A]\nX=1\r\r\n"), (std::vector<Line>{refused(2, no_text)}));
}

}  // namespace
}  // namespace hvfbd
