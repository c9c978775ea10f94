#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "configuration_fixture.h"
#include "limited_descriptors.h"

// What is read, and what is said of what cannot be.
namespace hvfbd {
namespace {

// Lines that are refused, each with a warning.
std::string bad_lines(int count) {
    std::string text = "[Display]\n";
    for (int i = 0; i < count; ++i) text += "bad\n";
    return text;
}

TEST_F(ConfigurationFiles, with_any_number_of_mistakes_say_50_of_them_and_how_many_more_there_are) {
    for (int count : {1, 50, 51, 52, 100000}) {
        Configuration configuration;
        warnings.clear();
        parse(bad_lines(count), "a.conf", configuration, warnings);
        ASSERT_EQ(warnings.size(), count <= 50 ? static_cast<std::size_t>(count) : 51u);
        EXPECT_EQ(warnings.front().line, 2);
        if (count <= 50) continue;
        EXPECT_EQ(warnings.back().sentence, std::to_string(count - 50) + " more lines are left out");
        EXPECT_EQ(warnings.back().line, 0);
    }
}

TEST_F(ConfigurationFiles, of_any_number_say_500_mistakes_together_and_how_many_more_there_are) {
    for (int count : {500, 501, 502, 510}) {
        for (int i = 0; i < 10; ++i) write("etc/hvfbd.conf.d/" + std::to_string(i) + ".conf", bad_lines(50));
        write("etc/hvfbd.conf.d/last.conf", bad_lines(count - 500) + "MaxRects=7\n");
        EXPECT_EQ(read().display.max_rects, 7u);
        ASSERT_EQ(warnings.size(), count > 500 ? 501u : 500u);
        if (count == 500) continue;
        EXPECT_EQ(warnings.back().sentence, std::to_string(count - 500) + " more warnings are not said");
        EXPECT_EQ(warnings.back().line, 0);
    }
}

TEST_F(ConfigurationFiles, that_are_no_regular_files_are_refused_and_not_waited_for) {
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    fs::create_directories(root / "etc/hvfbd.conf.d/folder.conf");
    ASSERT_EQ(::mkfifo((root / "etc/hvfbd.conf.d/fifo.conf").c_str(), 0600), 0);
    fs::create_symlink("/dev/zero", root / "etc/hvfbd.conf.d/device.conf");
    fs::create_symlink("/proc/kmsg", root / "etc/hvfbd.conf.d/stream.conf");
    fs::create_symlink("/nowhere", root / "etc/hvfbd.conf.d/gone.conf");
    int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (root / "etc/hvfbd.conf.d/socket.conf").string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(read().display.refresh_limit, 30u);
    EXPECT_EQ(warnings.size(), 6u);
    for (const auto& warning : warnings) EXPECT_EQ(warning.line, 0) << warning.file << warning.sentence;
    ::close(socket);
}

TEST_F(ConfigurationFiles, that_are_too_large_are_refused_whole) {
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    write("etc/hvfbd.conf.d/large.conf", "[Display]\nRefreshLimit=40\n#" + std::string(1 << 20, 'x'));
    EXPECT_EQ(read().display.refresh_limit, 30u);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].file, (root / "etc/hvfbd.conf.d/large.conf").string());
    // The file is too large, and no limit of the process was met.
    EXPECT_EQ(warnings[0].sentence.find("LimitFSIZE"), std::string::npos) << warnings[0].sentence;
}

TEST_F(ConfigurationFiles, that_are_hidden_or_named_otherwise_are_no_drop_ins) {
    for (const char* name : {".a.conf", ".conf", ".#a.conf", "a.conf~", "a.conf.dpkg-new", "a.CONF", "conf"})
        write(fs::path("etc/hvfbd.conf.d") / name, "[Display]\nRefreshLimit=30\n");
    EXPECT_EQ(read().display, DisplaySettings{});
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, whose_folder_cannot_be_listed_are_missed) {
    write("etc/hvfbd.conf.d", "no folder");
    read();
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].file, (root / "etc/hvfbd.conf.d").string());
    EXPECT_EQ(warnings[0].line, 0);
    EXPECT_EQ(warnings[0].sentence, "its files are left out: Not a directory");
}

TEST_F(ConfigurationFiles, that_cannot_be_read_warn) {
    fs::create_directories(root / "etc/hvfbd.conf");
    read();
    ASSERT_EQ(warnings.size(), 1u);
    const std::string file = root / "etc/hvfbd.conf";
    EXPECT_EQ(warnings[0].file, file);
    EXPECT_EQ(warnings[0].sentence, "it is left out: " + file + " is no regular file: Invalid argument");
}

TEST_F(ConfigurationFiles, that_cannot_be_looked_at_warn_and_are_not_taken_as_missing) {
    write("usr/hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    write("run", "no folder");
    EXPECT_EQ(read().display, DisplaySettings{}) << "what it hides is not known to be wanted";
    ASSERT_EQ(warnings.size(), 2u);
    EXPECT_EQ(warnings[0].file, (root / "run/hvfbd.conf.d").string());
    EXPECT_EQ(warnings[1].file, (root / "run/hvfbd.conf").string());
}

// While it lives, this thread has the rights of nobody in particular, also where root runs the tests.
struct AsNobody {
    AsNobody() {
        if (::geteuid() == 0) ::setfsuid(65534);
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (::geteuid() == 0) ::setfsuid(0);
    }
};

TEST_F(ConfigurationFiles, that_may_not_be_read_are_named_with_the_command_that_mends_it) {
    fs::permissions(root, fs::perms(0755));
    write("etc/hvfbd.conf.d/rate.conf", "[Display]\nRefreshLimit=30\n");
    write("etc/hvfbd.conf.d/other.conf", "[Display]\nMaxRects=3\n");
    const fs::path folder = root / "etc/hvfbd.conf.d", file = folder / "rate.conf";
    const auto reads = [&] {
        const AsNobody nobody;
        return read();
    };
    const auto expect_one = [&](const fs::path& of, const std::string& mend) {
        ASSERT_EQ(warnings.size(), 1u);
        EXPECT_EQ(text_of(warnings.front()).find(of.string() + ": hvfbd may not read "), 0u)
            << text_of(warnings.front());
        EXPECT_EQ(warnings.front().mend, mend);
        EXPECT_TRUE(text_of(warnings.front()).ends_with("; fix: " + mend)) << text_of(warnings.front());
    };
    fs::permissions(file, fs::perms(0600));
    if (::geteuid() != 0) fs::permissions(file, fs::perms(0));
    EXPECT_EQ(reads().display.max_rects, 3u) << "the other file counts";
    expect_one(file, "sudo chmod a+r " + file.string());

    fs::permissions(file, fs::perms(0644));
    fs::permissions(folder, fs::perms(::geteuid() == 0 ? 0700 : 0));
    EXPECT_EQ(reads().display, DisplaySettings{});
    expect_one(folder, "sudo chmod a+rx " + folder.string());

    // Its names can be seen, and no more.
    fs::permissions(folder, fs::perms(::geteuid() == 0 ? 0744 : 0400));
    EXPECT_EQ(reads().display, DisplaySettings{});
    ASSERT_EQ(warnings.size(), 2u);
    EXPECT_EQ(warnings.front().mend, "sudo chmod a+rx " + folder.string());

    // Nor is a closed folder opened for the sake of a link into it.
    fs::permissions(folder, fs::perms(0755));
    write("closed/real.conf", "[Display]\nRefreshLimit=40\n");
    fs::remove(file);
    fs::create_symlink("../../closed/real.conf", file);
    fs::permissions(root / "closed", fs::perms(0));
    EXPECT_EQ(reads().display.refresh_limit, 20u);
    expect_one(file,
               "sudo install -m 644 " + (folder / "../../closed/real.conf").string() + " " + file.string());
    fs::permissions(root / "closed", fs::perms(0755));
}

TEST_F(ConfigurationFiles, that_have_one_thing_wrong_as_a_whole_are_said_without_a_line) {
    EXPECT_EQ(text_of({"/etc/a.conf", 0, "it is left out"}), "/etc/a.conf: it is left out");
    EXPECT_EQ(text_of({"/etc/a.conf", 7, "there is no Size"}), "/etc/a.conf:7: there is no Size");
    EXPECT_EQ(text_of({"/etc/\xff\n.conf", 1, "wrong"}), "/etc/\\xff\\x0a.conf:1: wrong");
}

// What loading throws where this process has no descriptor left.
std::string without_descriptors(std::span<const fs::path> folders) {
    std::vector<ConfigurationWarning> warnings;
    try {
        testing::LimitedDescriptors none(0);
        load(folders, warnings);
        return "nothing";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), EMFILE) << error.what();
        return error.what();
    }
}

TEST_F(ConfigurationFiles, that_cannot_be_listed_for_want_of_a_descriptor_are_not_loaded_without_them) {
    write("usr/hvfbd.conf.d/a.conf", "[Display]\nRefreshLimit=30\n");
    const std::string thrown = without_descriptors(folders);
    EXPECT_TRUE(thrown.starts_with("look into " + (root / "usr/hvfbd.conf.d").string() + " (")) << thrown;
}

TEST_F(ConfigurationFiles, that_cannot_be_read_for_want_of_a_descriptor_are_not_loaded_without_them) {
    write("hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    // So long that the name of its drop-ins is too long to be looked for: the file is the first that is
    // opened.
    constexpr std::size_t longest_path = 4095;
    std::string folder = root;
    while (folder.size() + 2 <= longest_path - std::string("/hvfbd.conf").size()) folder += "/.";
    const std::string thrown = without_descriptors(std::vector<fs::path>{folder});
    EXPECT_TRUE(thrown.starts_with("read " + folder + "/hvfbd.conf (")) << thrown;
}

}  // namespace
}  // namespace hvfbd
