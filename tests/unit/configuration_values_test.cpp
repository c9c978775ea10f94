#include <gtest/gtest.h>

#include <vector>

#include "base/text.h"
#include "config/configuration.h"

// What each key takes, and what is said of what it does not.
namespace hvfbd {
namespace {

// The sentence of the only warning; empty: there is none.
std::string warning_of(const std::string& text, Configuration& configuration) {
    std::vector<ConfigurationWarning> warnings;
    parse(text, "a.conf", configuration, warnings);
    EXPECT_LE(warnings.size(), 1u) << text;
    return warnings.empty() ? "" : warnings.front().sentence;
}

TEST(ConfigurationValues, that_are_refused_leave_the_default_and_the_sentence_says_what_would_be_right) {
    struct Case {
        const char *text, *sentence;
    };
    for (const auto& [text, sentence] :
         {Case{"[Output]\nFramebufferSize=8M", "FramebufferSize must be a number; \"8M\" is not"},
          Case{"[Output]\nRectanglesPerMessage=0", "RectanglesPerMessage must be 1 to 255; 0 is not"},
          Case{"[Output]\nRectanglesPerMessage=256", "RectanglesPerMessage must be 1 to 255; 256 is not"},
          Case{"[Output]\nRectanglesPerMessage=x", "RectanglesPerMessage must be a number; \"x\" is not"},
          Case{"[Output]\nAssumeVisible=maybe", "AssumeVisible must be yes or no; \"maybe\" is neither"},
          Case{"[Output]\nAssumeVisible=", "AssumeVisible must be yes or no; \"\" is neither"},
          Case{"[Output]\nStride=3",
               "Stride must be a multiple of 4 up to 131072, or 0 for rows without "
               "padding; 3 is not"},
          Case{"[Output]\nCard=card0",
               "Card must be /dev/dri/cardN or a link in /dev/dri/by-path; \"card0\" is not"},
          Case{"[Output]\nType=vnc", "Type must be one of auto, memory, uio, drm, hyperv; \"vnc\" is not"},
          Case{"[Clients]\nGrantUserfaultfd=2", "GrantUserfaultfd must be yes or no; \"2\" is neither"},
          Case{"[Log]\nLevel=loud",
               "Level must be one of trace, debug, info, warning, error, critical; \"loud\" is not"}}) {
        Configuration configuration;
        EXPECT_EQ(warning_of(text, configuration), sentence);
        EXPECT_EQ(configuration.output, Configuration{}.output) << text;
        EXPECT_EQ(configuration.grant_userfaultfd, Configuration{}.grant_userfaultfd) << text;
        EXPECT_EQ(configuration.log_level, Configuration{}.log_level) << text;
    }
}

TEST(ConfigurationValues, under_a_wrong_name_or_section_leave_the_default_and_the_sentence_says_where_it_is) {
    struct Case {
        const char *text, *sentence;
    };
    for (const auto& [text, sentence] :
         {Case{"[Log]\nGrantUserfaultfd=no",
               "there is no GrantUserfaultfd in a section [Log]; it belongs into [Clients]"},
          Case{"[Clients]\nLevel=debug", "there is no Level in a section [Clients]; it belongs into [Log]"},
          Case{"[Log]\nColour=debug", "there is no Colour in a section [Log]"},
          Case{"[Log]\nLevl=debug", "there is no Levl in a section [Log]; did you mean \"Level\"?"},
          Case{"[Clients]\nGrantUserfaultd=no",
               "there is no GrantUserfaultd in a section [Clients]; did you "
               "mean \"GrantUserfaultfd\"?"}}) {
        Configuration configuration;
        EXPECT_EQ(warning_of(text, configuration), sentence);
        EXPECT_EQ(configuration.grant_userfaultfd, Configuration{}.grant_userfaultfd) << text;
        EXPECT_EQ(configuration.log_level, Configuration{}.log_level) << text;
    }
}

TEST(ConfigurationValues, of_yes_and_no_are_what_systemd_takes) {
    for (const std::string yes : {"yes", "true", "on", "1"}) {
        Configuration configuration;
        EXPECT_EQ(warning_of("[Output]\nAssumeVisible=no\nAssumeVisible=" + yes, configuration), "");
        EXPECT_TRUE(configuration.output.assume_visible) << yes;
    }
    for (const std::string no : {"no", "false", "off", "0"}) {
        Configuration configuration;
        EXPECT_EQ(warning_of("[Output]\nAssumeVisible=" + no, configuration), "");
        EXPECT_FALSE(configuration.output.assume_visible) << no;
    }
}

TEST(ConfigurationValues, at_both_ends_of_their_range_are_taken) {
    for (std::uint32_t number : {1u, 2u, 254u, 255u}) {
        Configuration configuration;
        EXPECT_EQ(warning_of("[Output]\nRectanglesPerMessage=" + std::to_string(number), configuration), "");
        EXPECT_EQ(configuration.output.rectangles_per_message, number);
    }
}

TEST(ConfigurationValues, that_are_empty_undo_a_card) {
    Configuration configuration;
    EXPECT_EQ(warning_of("[Output]\nCard=/dev/dri/card1\nCard=", configuration), "");
    EXPECT_EQ(configuration.output.card, "");
}

// ---- sentences about long texts

std::string sentence_about(const std::string& key) {
    return "there is no " + key + " in a section [Log]";
}

TEST(ConfigurationValues, of_a_sentence_of_400_bytes_all_is_said_and_of_one_more_the_beginning) {
    const std::size_t longest_key = 400 - sentence_about("").size();
    Configuration configuration;
    for (std::size_t size : {longest_key - 1, longest_key}) {
        const std::string key(size, 'x');
        EXPECT_EQ(warning_of("[Log]\n" + key + "=1", configuration), sentence_about(key));
    }
    const std::string key(longest_key + 1, 'x');
    EXPECT_EQ(warning_of("[Log]\n" + key + "=1", configuration), sentence_about(key).substr(0, 400) + "...");
}

TEST(ConfigurationValues, of_a_sentence_that_is_cut_no_character_is_cut_and_none_before_it_left_out) {
    for (const std::string character : {"x", "\xc3\xbc", "\xe7\x94\xbb", "\xf0\x9f\x93\xba"})
        for (std::size_t before = 0; before < character.size(); ++before) {
            std::string key(before, 'x');
            while (key.size() < 1000) key += character;
            Configuration configuration;
            const std::string said = warning_of("[Log]\n" + key + "=1", configuration);
            ASSERT_TRUE(said.ends_with("..."));
            const std::string beginning = said.substr(0, said.size() - 3);
            EXPECT_TRUE(sentence_about(key).starts_with(beginning));
            EXPECT_TRUE(is_plain(beginning)) << escaped(beginning);
            EXPECT_LE(beginning.size(), 400u);
            EXPECT_GT(beginning.size() + character.size(), 400u);
        }
}

}  // namespace
}  // namespace hvfbd
