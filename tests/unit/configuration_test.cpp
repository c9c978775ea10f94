#include <set>
#include <utility>

#include "configuration_fixture.h"

namespace hvfbd {
namespace {

TEST_F(ConfigurationFiles, that_are_not_there_leave_the_defaults_without_a_word) {
    EXPECT_EQ(read().display, DisplaySettings{});
    EXPECT_TRUE(warnings.empty());
}

TEST(OutputNumber, is_another_one_for_each_key_that_names_an_output_and_for_no_other) {
    using Section = Configuration::OutputSection;
    const std::uint64_t usual = output_number(Section{});
    // Saved by processes before: it never changes.
    EXPECT_EQ(usual, 0xb6b5372c23cea0b7U);
    Section all;
    all.type = "drm";
    all.uio = "uio1";
    all.framebuffer = "uio2";
    all.framebuffer_size = 4096;
    all.card = "/dev/dri/card1";
    all.connector = "HDMI-A-1";
    EXPECT_EQ(output_number(all), 0x5f462387ca159727U) << "FNV-1a of a line each: Type=drm, Uio=uio1, ...";
    std::set<std::uint64_t> numbers{usual};
    const auto with = [&](const auto& change) {
        Section section;
        change(section);
        return output_number(section);
    };
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.type = "drm"; })).second);
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.uio = "/dev/uio1"; })).second);
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.framebuffer = "/dev/uio1"; })).second);
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.framebuffer_size = 4096; })).second);
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.card = "/dev/dri/card1"; })).second);
    EXPECT_TRUE(numbers.insert(with([](Section& s) { s.connector = "/dev/dri/card1"; })).second);
    EXPECT_EQ(numbers.count(0), 0u);
    EXPECT_EQ(with([](Section& s) {
                  s.mode = Mode{640, 480};
                  s.stride = 4096;
                  s.assume_visible = false;
                  s.screens = "together";
                  s.rectangles_per_message = 4;
              }),
              usual);
}

TEST_F(ConfigurationFiles, set_every_key) {
    write("etc/hvfbd.conf", R"([Display]
RefreshLimit=60
RefreshMode=periodic
SettleDelaySec=0
IdleTimeoutSec=5us
Tracking=scan
MaxRects=1
WhenHidden=ignore
[Output]
Type=memory
Uio=uio3
Framebuffer=uio:uio3/map1
FramebufferSize=8388608
Card=/dev/dri/card1
Connector=HDMI-A-1
Screens=together
Mode=800x600
Stride=4096
AssumeVisible=no
[Clients]
GrantUserfaultfd=no
[Log]
Level=debug
)");
    Configuration c = read();
    EXPECT_TRUE(warnings.empty());
    EXPECT_EQ(c.display.refresh_limit, 60u);
    EXPECT_FALSE(c.grant_userfaultfd);
    EXPECT_TRUE(Configuration{}.grant_userfaultfd);
    EXPECT_EQ(c.display.refresh_mode, DisplaySettings::RefreshMode::periodic);
    EXPECT_EQ(c.display.settle_delay.count(), 0);
    EXPECT_EQ(c.display.idle_timeout.count(), 5);
    EXPECT_EQ(c.display.tracking, DisplaySettings::Tracking::scan);
    EXPECT_EQ(c.display.max_rects, 1u);
    EXPECT_EQ(c.display.when_hidden, DisplaySettings::WhenHidden::ignore);
    EXPECT_EQ(c.output.type, "memory");
    EXPECT_EQ(c.output.uio, "uio3");
    EXPECT_EQ(c.output.framebuffer, "uio:uio3/map1");
    EXPECT_EQ(c.output.framebuffer_size, 8388608u);
    EXPECT_EQ(c.output.card, "/dev/dri/card1");
    EXPECT_EQ(c.output.connector, "HDMI-A-1");
    EXPECT_EQ(c.output.screens, "together");
    EXPECT_EQ(c.output.mode, (Mode{800, 600}));
    EXPECT_EQ(c.output.stride, 4096u);
    EXPECT_FALSE(c.output.assume_visible);
    EXPECT_EQ(c.log_level, "debug");
}

TEST_F(ConfigurationFiles, take_every_setting_of_the_table_and_refuse_what_it_is_not) {
    for (const Setting& setting : display_settings) {
        const std::uint64_t value = setting.usual == setting.most ? setting.least : setting.most;
        const std::string other = to_text(setting, value), key(setting.key);
        write("etc/hvfbd.conf", "[Display]\n" + key + "=" + shown(setting, value) + "\n");
        const auto kept = differences(DisplaySettings(), read().display);
        EXPECT_TRUE(warnings.empty()) << warnings.front().sentence;
        ASSERT_EQ(kept.size(), 1u) << setting.name;
        EXPECT_EQ(kept.front(), std::pair(std::string(setting.name), other));

        write("etc/hvfbd.conf", "[Display]\n" + key + "=nonsense\n");
        EXPECT_EQ(read().display, DisplaySettings());
        ASSERT_EQ(warnings.size(), 1u) << setting.name;
        EXPECT_EQ(warnings.front().sentence, what_is_wrong_with_key(setting, "nonsense"));
        EXPECT_NE(warnings.front().sentence.find(range_of(setting)), std::string::npos);
    }
    for (const std::string& word : words_of(log_level_setting)) {
        write("etc/hvfbd.conf", "[Log]\nLevel=" + word + "\n");
        EXPECT_EQ(read().log_level, word);
    }
}

TEST_F(ConfigurationFiles, are_told_what_a_property_of_the_bus_is_called_in_a_file) {
    const auto said = [&](const std::string& text) {
        write("etc/hvfbd.conf", text);
        read();
        return warnings.size() == 1 ? warnings.front().sentence : std::to_string(warnings.size());
    };
    EXPECT_EQ(said("[Log]\nLogLevel=debug\n"),
              "there is no LogLevel in a section [Log]; did you mean \"Level\"?");
    EXPECT_EQ(said("[Display]\nLogLevel=debug\n"),
              "there is no LogLevel in a section [Display]; did you mean \"Level\" in [Log]?");
    for (const Setting& setting : display_settings) {
        if (setting.name == setting.key) continue;
        const std::string name(setting.name), key(setting.key);
        EXPECT_EQ(said("[Display]\n" + name + "=1\n"),
                  "there is no " + name + " in a section [Display]; did you mean \"" + key + "\"?");
    }
}

TEST_F(ConfigurationFiles, are_told_what_a_key_of_the_version_before_is_called_now) {
    write("etc/hvfbd.conf", "[Display]\nSettleDelay=2000\nMaxRects=7\n");
    EXPECT_EQ(read().display.settle_delay, DisplaySettings().settle_delay);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings.front().line, 2u);
    EXPECT_EQ(warnings.front().sentence,
              "SettleDelay is called SettleDelaySec now, and takes a time span: SettleDelaySec=1ms");
    EXPECT_EQ(read().display.max_rects, 7u);
}

TEST_F(ConfigurationFiles, of_a_stronger_folder_hide_the_main_file_of_a_weaker_one) {
    write("usr/hvfbd.conf", "[Display]\nRefreshLimit=10\nMaxRects=10\n");
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    EXPECT_EQ(read().display.refresh_limit, 30u);
    EXPECT_EQ(read().display.max_rects, 16u);
}

TEST_F(ConfigurationFiles, dropped_in_come_after_the_main_file_in_the_order_of_their_names_over_all_folders) {
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=1\nMaxRects=1\nSettleDelaySec=1us\n");
    write("etc/hvfbd.conf.d/10-a.conf", "[Display]\nRefreshLimit=2\nMaxRects=2\n");
    write("usr/hvfbd.conf.d/20-b.conf", "[Display]\nRefreshLimit=3\n");
    write("usr/hvfbd.conf.d/20-b.txt", "[Display]\nRefreshLimit=4\n");
    Configuration c = read();
    EXPECT_EQ(c.display.refresh_limit, 3u);
    EXPECT_EQ(c.display.max_rects, 2u);
    EXPECT_EQ(c.display.settle_delay.count(), 1);
}

TEST_F(ConfigurationFiles, dropped_in_replace_those_of_the_same_name_in_weaker_folders) {
    write("usr/hvfbd.conf.d/a.conf", "[Display]\nRefreshLimit=2\nMaxRects=2\n");
    write("run/hvfbd.conf.d/a.conf", "[Display]\nRefreshLimit=3\n");
    EXPECT_EQ(read().display.refresh_limit, 3u);
    EXPECT_EQ(read().display.max_rects, 16u);
    fs::create_directories(root / "etc/hvfbd.conf.d");
    fs::create_symlink("/dev/null", root / "etc/hvfbd.conf.d/a.conf");
    EXPECT_EQ(read().display.refresh_limit, 20u);
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, with_mistakes_warn_with_file_and_line_and_what_stood_before_stands) {
    write("etc/hvfbd.conf",
          "[Display]\nRefreshLimit=30\nRefreshLimit=1001\nColour=red\n[Screen]\nA=b\n[Output]\nMode=0x0\n"
          "Card=card0\nScreens=mirrored\n");
    Configuration c = read();
    EXPECT_EQ(c.display.refresh_limit, 30u);
    EXPECT_FALSE(c.output.mode);
    EXPECT_EQ(c.output.card, "");
    EXPECT_EQ(c.output.screens, "apart");
    ASSERT_EQ(warnings.size(), 6u);
    EXPECT_EQ(warnings[4].line, 9);
    EXPECT_EQ(warnings[5].sentence, "Screens must be one of apart, together; \"mirrored\" is not");
    EXPECT_EQ(warnings[0].file, (root / "etc/hvfbd.conf").string());
    EXPECT_EQ(warnings[0].line, 3);
    EXPECT_EQ(warnings[0].sentence, "RefreshLimit must be 0 to 1000; 1001 is not");
    EXPECT_EQ(warnings[1].line, 4);
    EXPECT_EQ(warnings[2].line, 6);
    EXPECT_EQ(warnings[3].line, 8);
}

TEST_F(ConfigurationFiles, with_an_unknown_word_say_which_one_may_be_meant) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"[Display]\nRefreshLimt=1\n",
         "there is no RefreshLimt in a section [Display]; did you mean \"RefreshLimit\"?"},
        {"[Display]\nSettleDelayUSec=1\n",
         "there is no SettleDelayUSec in a section [Display]; did you mean \"SettleDelaySec\"?"},
        {"[Display]\nMode=1x1\n", "there is no Mode in a section [Display]; it belongs into [Output]"},
        {"[Output]\nLevel=info\n", "there is no Level in a section [Output]; it belongs into [Log]"},
        {"[Output]\nConector=A\n", "there is no Conector in a section [Output]; did you mean \"Connector\"?"},
        {"[Clients]\nColour=A\n", "there is no Colour in a section [Clients]"},
        {"[Dispaly]\nMaxRects=1\n", "there is no section [Dispaly]; did you mean [Display]?"},
        {"[output]\nType=drm\n", "there is no section [output]; did you mean [Output]?"},
        {"[Screen]\nA=b\n", "there is no section [Screen]; there are [Display], [Output], [Clients], [Log]"},
        {"[Output]\nRectanglesPerMessage=256\n", "RectanglesPerMessage must be 1 to 255; 256 is not"}};
    for (const auto& [text, sentence] : cases) {
        Configuration configuration;
        warnings.clear();
        parse(text, "a.conf", configuration, warnings);
        ASSERT_EQ(warnings.size(), 1u) << text;
        EXPECT_EQ(warnings[0].sentence, sentence);
    }
}

TEST_F(ConfigurationFiles, with_a_mode_that_is_none_say_how_one_is_written) {
    for (const std::string mode : {"1024 x 768", "1024", "x768", "wide", "1024X768", "1024x768x1", ""}) {
        Configuration configuration;
        warnings.clear();
        parse("[Output]\nMode=" + mode + "\n", "a.conf", configuration, warnings);
        ASSERT_EQ(warnings.size(), 1u) << mode;
        EXPECT_EQ(warnings[0].sentence,
                  "Mode must be WIDTHxHEIGHT, such as 1920x1080; \"" + mode + "\" is not");
    }
}

TEST_F(ConfigurationFiles, take_a_stride_that_rows_can_have_and_no_other) {
    for (const char* text : {"-4", "3", "131076", "99999999999999999999", "", "4k"}) {
        write("etc/hvfbd.conf", std::string("[Output]\nStride=") + text + "\n");
        EXPECT_EQ(read().output.stride, 0u) << text;
        EXPECT_EQ(warnings.size(), 1u) << text;
    }
    write("etc/hvfbd.conf", "[Output]\nStride=131072\n");
    EXPECT_EQ(read().output.stride, 131072u);
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, that_are_no_configuration_warn_and_the_rest_of_them_counts) {
    write("etc/hvfbd.conf", "nonsense\n[Display]\nRefreshLimit=30\n");
    EXPECT_EQ(read().display.refresh_limit, 30u);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].line, 1);
}

TEST_F(ConfigurationFiles, are_read_as_written_or_refused_with_file_and_line) {
    const std::string path(5000, 'x');
    struct Case {
        const char* what;
        std::string text;
        std::string uio;  // what [Output] Uio= is then
        std::vector<int> refused;
    };
    const std::vector<Case> cases = {
        {"a long line", "[Output]\nUio=/dev/" + path + "\n", "/dev/" + path, {}},
        {"an indented key", "[Output]\nType=memory\n  Uio=uio3\n", "uio3", {}},
        {"a key behind an indented comment", "[Output]\n  # x\n\tUio = uio3 \n", "uio3", {}},
        {"an indented key below a text", "[Output]\nConnector=a\n\tUio=uio3", "uio3", {}},
        {"no end of the last line", "[Output]\nUio=uio3", "uio3", {}},
        {"carriage returns", "[Output]\r\nUio=uio3\r\n", "uio3", {}},
        {"a byte order mark", "\xef\xbb\xbf[Output]\nUio=uio3\n", "uio3", {}},
        {"an equals sign in a value", "[Output]\nUio=a=b\n", "a=b", {}},
        {"a semicolon in a value", "[Output]\nUio=a;b#c\n", "a;b#c", {}},
        {"a name of more than 50 bytes", "[Output]\n" + path + "=1\nUio=uio3\n", "uio3", {2}},
        {"a comment behind a value", "[Output]\nUio=uio3 ; the third\n", "", {2}},
        {"another", "[Output]\nUio=uio3 # the third\n", "", {2}},
        {"quotes", "[Output]\nUio=\"uio3\"\n", "", {2}},
        {"a continued line", "[Output]\nUio=uio3\\\n  uio4\n", "", {2, 3}},
        {"a colon", "[Output]\nUio: uio3\n", "", {2}},
        {"a NUL", std::string("[Output]\nUio=uio3\0\n", 19), "", {2}},
        {"a control character", "[Output]\nUio=uio\x1b[3m\n", "", {2}},
        {"a carriage return in the middle", "[Output]\rUio=uio3\n", "", {1}},
        {"no UTF-8", "[Output]\nUio=uio\xfc\n", "", {2}},
        {"no key", "[Output]\n=uio3\n", "", {2}},
        {"a key before any section", "Uio=uio3\n[Output]\n", "", {1}},
        {"a section that does not end", "[Output]\n[Log\nUio=uio3\n", "", {2}},
        {"a section with something behind", "[Output] x\nUio=uio3\n", "", {1}},
        {"an empty section", "[Output]\n[]\nUio=uio3\n", "", {2}},
        {"another case", "[output]\nUio=uio3\n", "", {2}},
    };
    for (const Case& one : cases) {
        Configuration configuration;
        warnings.clear();
        parse(one.text, "a.conf", configuration, warnings);
        EXPECT_EQ(configuration.output.uio, one.uio) << one.what;
        std::vector<int> lines;
        for (const auto& warning : warnings) {
            lines.push_back(warning.line);
            EXPECT_EQ(warning.file, "a.conf");
            EXPECT_LT(warning.sentence.size(), 500u);
        }
        EXPECT_EQ(lines, one.refused) << one.what;
    }
}

}  // namespace
}  // namespace hvfbd
