#include "bus/group_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <sstream>

namespace hvfbd {
namespace {

std::optional<gid_t> number_of(const std::string& name, const std::string& file) {
    std::istringstream groups(file);
    return group_number(groups, name);
}

TEST(GroupFile, gives_the_number_of_a_group_by_its_whole_name) {
    const std::string file = "root:x:0:\nvideo-2:x:45:\nmyvideo:x:46:\nvideo:x:44:drawer,other\n";
    EXPECT_EQ(number_of("video", file), 44u);
    EXPECT_EQ(number_of("root", file), 0u);
    EXPECT_EQ(number_of("vide", file), std::nullopt);
    EXPECT_EQ(number_of("drawer", file), std::nullopt);
    EXPECT_EQ(number_of("video", ""), std::nullopt);
}

TEST(GroupFile, reads_lines_of_any_length) {
    std::string members = "someone";
    for (int i = 0; i < 100000; ++i) members += ",someone";
    EXPECT_EQ(number_of("video", "audio:x:29:" + members + "\nvideo:x:44:" + members), 44u);
}

TEST(GroupFile, believes_the_first_line_of_a_name_that_has_a_number) {
    EXPECT_EQ(number_of("video", "video:x:44:\nvideo:x:0:\n"), 44u);
    EXPECT_EQ(number_of("video", "video:x\nvideo:x:44\n"), 44u);
}

TEST(GroupFile, takes_nothing_for_a_number_that_is_none) {
    for (const char* line :
         {"video", "video:", "video:x", "video:x:", "video:x::", "video:x:-1:", "video:x:+44:",
          "video:x: 44:", "video:x:44x:", "video:x:4294967295:", "video:x:4294967340:",
          "video:x:18446744073709551660:", "+video:x:44:", "#video:x:44:", "VIDEO:x:44:"})
        EXPECT_EQ(number_of("video", line), std::nullopt) << line;
}

TEST(GroupFile, a_group_is_not_missing_where_there_is_no_descriptor_to_look) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_THROW(group_number("root"), std::system_error);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(group_number("root"), 0u);
}

TEST(GroupFile, an_error_of_the_file_is_not_a_missing_group) {
    struct Broken : std::streambuf {
        int_type underflow() override { throw std::ios::failure("broken"); }
    } broken;
    std::istream stream(&broken);
    EXPECT_THROW(group_number(stream, "video"), std::system_error);
}

}  // namespace
}  // namespace hvfbd
