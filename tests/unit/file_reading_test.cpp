#include "base/file_reading.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace hvfbd {
namespace {

namespace fs = std::filesystem;

class FileReading : public ::testing::Test {
  protected:
    FileReading() {
        std::string path = fs::temp_directory_path() / "hvfbd-reading-XXXXXX";
        root = ::mkdtemp(path.data());
    }
    ~FileReading() override { fs::remove_all(root); }

    static int error_of(const fs::path& file, std::size_t most = 100) {
        try {
            read_regular_file(file, most);
        } catch (const std::system_error& error) {
            EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
            return error.code().value();
        }
        return 0;
    }
    fs::path root;
};

TEST_F(FileReading, reads_the_whole_of_a_regular_file_up_to_its_bound) {
    std::ofstream(root / "file") << std::string(100, 'x') + std::string(1, '\0');
    EXPECT_EQ(read_regular_file(root / "file", 101).size(), 101u);
    EXPECT_EQ(error_of(root / "file"), EFBIG);
    fs::create_symlink(root / "file", root / "link");
    EXPECT_EQ(read_regular_file(root / "link", 101).size(), 101u);
}

TEST_F(FileReading, waits_for_nobody_whatever_is_there_instead) {
    ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(error_of(root / "fifo"), EINVAL);
    EXPECT_EQ(error_of("/dev/zero"), EINVAL);
    EXPECT_EQ(error_of(root), EINVAL);
    EXPECT_EQ(error_of(root / "nothing"), ENOENT);
    EXPECT_EQ(first_line_of(root / "fifo"), "");
}

TEST_F(FileReading, takes_nothing_for_absent_that_it_has_no_descriptor_to_look_at) {
    std::ofstream(root / "file") << "line\n";
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_THROW(first_line_of(root / "file"), std::system_error);
    EXPECT_THROW(first_line_if_there(root / "file"), std::system_error);
    EXPECT_THROW(entries_of(root), std::system_error);
    EXPECT_THROW(entries_if_there(root), std::system_error);
    EXPECT_EQ(first_line_of(root / "nothing"), "");
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(first_line_of(root / "file"), "line");
}

TEST_F(FileReading, tells_what_is_not_there_from_what_cannot_be_seen) {
    fs::create_symlink("loop", root / "loop");
    std::ofstream(root / "file") << "line\n";
    EXPECT_TRUE(is_there(root / "file"));
    EXPECT_FALSE(is_there(root / "nothing"));
    EXPECT_FALSE(is_there(root / "file" / "nothing"));
    EXPECT_THROW(is_there(root / "loop"), std::system_error);
    EXPECT_EQ(name_behind(root / "loop"), "loop");
    EXPECT_THROW(name_behind(root / "loop" / "inside"), std::system_error);
    EXPECT_EQ(name_behind(root / "nothing"), "");
    EXPECT_EQ(name_behind(root), "") << "it is no link";
    EXPECT_THROW(canonical_if_there(root / "loop"), std::system_error);
    EXPECT_EQ(canonical_if_there(root / "nothing"), "");
    EXPECT_EQ(canonical_if_there(root / "."), fs::canonical(root));
    EXPECT_EQ(first_line_if_there(root / "file"), "line");
    EXPECT_EQ(first_line_if_there(root / "nothing"), "");
    EXPECT_THROW(first_line_if_there(root / "loop"), std::system_error);
    EXPECT_TRUE(entries_if_there(root / "nothing").empty());
    EXPECT_THROW(entries_if_there(root / "loop"), std::system_error);
}

TEST_F(FileReading, of_a_file_that_is_too_large_names_no_limit_of_the_unit) {
    std::ofstream(root / "file") << std::string(100, 'x');
    try {
        read_regular_file(root / "file", 10);
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(std::string(error.what()).find("LimitFSIZE"), std::string::npos) << error.what();
    }
}

TEST_F(FileReading, takes_the_first_line_of_an_attribute) {
    std::ofstream(root / "file") << "0x1414\nmore\n";
    EXPECT_EQ(first_line_of(root / "file"), "0x1414");
}

TEST_F(FileReading, lists_a_folder_by_name_or_says_why_not_and_never_throws) {
    for (const char* name : {"b", "a", "c"}) std::ofstream(root / name) << name;
    std::error_code error;
    EXPECT_EQ(entries_of(root, error), (std::vector<fs::path>{root / "a", root / "b", root / "c"}));
    EXPECT_FALSE(error);
    EXPECT_TRUE(entries_of(root / "nothing", error).empty());
    EXPECT_EQ(error, std::errc::no_such_file_or_directory);
    EXPECT_TRUE(entries_of(root / "a", error).empty());
    EXPECT_EQ(error, std::errc::not_a_directory);
}

}  // namespace
}  // namespace hvfbd
