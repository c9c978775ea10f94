#include "output_file_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace hvfbd {
namespace {

namespace fs = std::filesystem;

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
