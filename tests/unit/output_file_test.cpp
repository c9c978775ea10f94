#include "output_file.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

namespace hvfbd {
namespace {

namespace fs = std::filesystem;

class AnOutputFile : public ::testing::Test {
  protected:
    AnOutputFile() {
        std::string path = fs::temp_directory_path() / "hvfbd-output-XXXXXX";
        folder = ::mkdtemp(path.data());
        file = folder / "file";
    }
    ~AnOutputFile() override { fs::remove_all(folder); }

    static void write(const fs::path& path, const std::string& text, Reader reader = Reader::demanded) {
        write_output(path, std::as_bytes(std::span(text)), reader);
    }
    static int error_of(const fs::path& path, const std::string& text) {
        try {
            write(path, text);
        } catch (const std::system_error& error) {
            return error.code().value();
        }
        return 0;
    }
    static std::string read(const fs::path& path) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    // What another user gets who writes it, in a process of its own.
    static int error_of_another(const fs::path& path, const std::string& text,
                                const std::vector<gid_t>& groups = {}) {
        pid_t child = ::fork();
        if (child == 0) {
            if (::setgroups(groups.size(), groups.data()) < 0 || ::setresgid(65534, 65534, 65534) < 0 ||
                ::setresuid(65534, 65534, 65534) < 0)
                ::_exit(255);
            ::umask(0);
            ::_exit(error_of(path, text));
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
    }
    fs::path folder, file;
};

TEST_F(AnOutputFile, is_made_and_written_anew_with_the_rights_that_it_has) {
    write(file, "one");
    EXPECT_EQ(read(file), "one");
    fs::permissions(file, fs::perms{0640});
    write(file, "two");
    EXPECT_EQ(read(file), "two");
    EXPECT_EQ(fs::status(file).permissions(), fs::perms{0640});
    EXPECT_EQ(files(), 1u);
}

TEST_F(AnOutputFile, that_cannot_be_written_stays_what_it_was) {
    write(file, "before");
    // In a process of its own, which may write no file of more than this.
    pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::_exit(error_of(file, std::string(100000, 'x')) == EFBIG &&
                        error_of(folder / "new", std::string(100000, 'x')) == EFBIG
                    ? 0
                    : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(read(file), "before");
    EXPECT_EQ(files(), 1u) << "and nothing beside it";
    EXPECT_EQ(error_of(folder, "x"), EISDIR);
    EXPECT_EQ(error_of(folder / "none" / "file", "x"), ENOENT);
}

TEST_F(AnOutputFile, of_another_user_in_a_folder_where_only_owners_remove_is_written_where_it_is) {
    write(file, "before, and longer");
    fs::permissions(file, fs::perms{0666});
    fs::permissions(folder, fs::perms{01777});
    // In a process of its own, which becomes another user.
    pid_t child = ::fork();
    if (child == 0) ::_exit(::setresuid(65534, 65534, 65534) == 0 && error_of(file, "after") == 0 ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    bool another = ::getuid() == 0;
    EXPECT_EQ(status == 0, another);
    EXPECT_EQ(read(file), another ? "after" : "before, and longer");
    EXPECT_EQ(files(), 1u) << "and nothing beside it";
}

TEST_F(AnOutputFile, of_another_user_stays_its_groups) {
    if (::getuid() != 0) GTEST_SKIP() << "only root becomes another user";
    constexpr gid_t group = 12345;
    fs::permissions(folder, fs::perms{0777});
    write(file, "one");
    ASSERT_EQ(::chown(file.c_str(), 0, group), 0);
    fs::permissions(file, fs::perms{0664});
    EXPECT_EQ(error_of_another(file, "two", {group}), 0);
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(read(file), "two");
    EXPECT_EQ(status.st_uid, 65534u);
    EXPECT_EQ(status.st_gid, group);
    EXPECT_EQ(status.st_mode & 0777, 0664u);
    // Who is not of the group gives the rights of everybody to another one, and no more.
    EXPECT_EQ(::chown(file.c_str(), 0, group), 0);
    EXPECT_EQ(error_of_another(file, "three"), 0);
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, 65534u);
    EXPECT_EQ(status.st_mode & 0777, 0644u);
}

// The kernel may be told not to (fs.protected_symlinks), and a link may come between two looks at a name.
TEST_F(AnOutputFile, is_not_looked_for_behind_a_link_of_another_user_in_a_folder_that_everybody_writes) {
    if (::getuid() != 0) GTEST_SKIP() << "only root gives a file to another user";
    fs::path shared = folder / "shared";
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms{01777});
    fs::permissions(folder, fs::perms{0755});
    write(file, "before");
    for (const char* target : {"../file", "../new"}) {
        fs::path link = shared / "link";
        fs::create_symlink(target, link);
        ASSERT_EQ(::lchown(link.c_str(), 65534, 65534), 0);
        EXPECT_EQ(error_of(link, "x"), EACCES) << target;
        // A link of the user's own leads to it.
        fs::path chain = folder / "chain";
        fs::create_symlink(link, chain);
        EXPECT_EQ(error_of(chain, "x"), EACCES) << target;
        fs::remove(chain);
        fs::remove(link);
    }
    EXPECT_EQ(read(file), "before");
    EXPECT_FALSE(fs::exists(folder / "new"));
    fs::create_symlink("../file", shared / "own");
    write(shared / "own", "after");
    EXPECT_EQ(read(file), "after");
}

TEST_F(AnOutputFile, never_goes_where_a_link_of_another_user_leads_that_comes_and_goes) {
    if (::getuid() != 0) GTEST_SKIP() << "only root becomes another user";
    fs::path shared = folder / "shared", prize = folder / "prize";
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms{01777});
    fs::permissions(folder, fs::perms{0755});
    write(prize, "before");
    struct stat before {
    }, after{};
    ASSERT_EQ(::stat(prize.c_str(), &before), 0);
    pid_t other = ::fork();
    if (other == 0) {
        if (::setresuid(65534, 65534, 65534) < 0) ::_exit(1);
        fs::path name = shared / "name", made = shared / "made";
        while (true) {
            ::close(::open(made.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
            ::rename(made.c_str(), name.c_str());
            if (::symlink(prize.c_str(), made.c_str()) == 0) ::rename(made.c_str(), name.c_str());
            ::unlink(name.c_str());
        }
    }
    for (int round = 0; round < 3000; ++round) {
        error_of(shared / "name", "x");
        ::unlink((shared / "name").c_str());  // who may not remove it goes on
    }
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    EXPECT_EQ(read(prize), "before");
    ASSERT_EQ(::stat(prize.c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(AnOutputFile, of_several_names_is_new_under_the_one_that_is_written) {
    write(file, "before");
    fs::create_hard_link(file, folder / "other");
    write(file, "after");
    EXPECT_EQ(read(file), "after");
    EXPECT_EQ(read(folder / "other"), "before");
}

TEST_F(AnOutputFile, that_another_process_has_open_without_a_name_is_written_where_it_is) {
    int open_file = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::write(open_file, "before, longer", 14), 14);
    ASSERT_EQ(::unlink(file.c_str()), 0);
    fs::path of_another = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(open_file);
    pid_t child = ::fork();
    if (child == 0) ::_exit(error_of(of_another, "after"));
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    char text[20] = {};
    EXPECT_EQ(::pread(open_file, text, sizeof text, 0), 5);
    EXPECT_STREQ(text, "after");
    EXPECT_EQ(files(), 0u);
    ::close(open_file);
}

TEST_F(AnOutputFile, has_a_name_of_any_length_that_a_file_may_have) {
    fs::path longest = folder / std::string(255, 'x');
    write(longest, "one");
    write(longest, "two");
    EXPECT_EQ(read(longest), "two");
    EXPECT_EQ(files(), 1u);
}

TEST_F(AnOutputFile, behind_a_link_is_written_and_the_link_stays) {
    fs::create_symlink("file", folder / "link");
    write(folder / "link", "one");
    EXPECT_EQ(read(file), "one");
    write(folder / "link", "two");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    EXPECT_EQ(read(file), "two");
}

TEST_F(AnOutputFile, that_is_a_fifo_is_written_to_and_not_removed) {
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_EQ(error_of(file, "x"), ENXIO) << "nobody reads it";
    int reader = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    write(file, "one");
    char text[10] = {};
    EXPECT_EQ(::read(reader, text, sizeof text), 3);
    ::close(reader);
    EXPECT_TRUE(fs::is_fifo(file));
    write("/dev/null", "x");
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_EQ(error_of("/dev/full", "x"), ENOSPC);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(AnOutputFile, that_is_a_descriptor_of_this_process_goes_on_where_that_stands) {
    int open_file = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::write(open_file, "before ", 7), 7);
    struct stat before {
    }, after{};
    ::fstat(open_file, &before);
    for (const char* folder_of_descriptors : {"/dev/fd", "/proc/self/fd"})
        write(fs::path(folder_of_descriptors) / std::to_string(open_file), "one ");
    EXPECT_EQ(read(file), "before one one ");
    ASSERT_EQ(::stat(file.c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino);
    ::close(open_file);
}

}  // namespace
}  // namespace hvfbd
