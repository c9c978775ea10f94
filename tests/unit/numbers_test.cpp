#include "common/numbers.h"

#include <gtest/gtest.h>

#include "common/kernel_version.h"

namespace hvfbd {
namespace {

TEST(Numbers, are_digits_and_nothing_else) {
    EXPECT_EQ(whole_number("18446744073709551615"), UINT64_MAX);
    EXPECT_EQ(whole_number<int>("-7"), -7);
    for (const char* none : {"", " 1", "1 ", "+1", "-1", "0x1", "1.5", "18446744073709551616", "one"})
        EXPECT_EQ(whole_number(none), std::nullopt) << none;
    EXPECT_EQ(whole_number<std::uint8_t>("256"), std::nullopt);
}

TEST(Numbers, may_be_hexadecimal_as_the_kernel_writes_them) {
    EXPECT_EQ(hexadecimal_number("0xf8000000"), 0xf8000000U);
    EXPECT_EQ(hexadecimal_number("F8000000"), 0xf8000000U);
    EXPECT_EQ(prefixed_number("0x10"), 16U);
    EXPECT_EQ(prefixed_number("10"), 10U);
    for (const char* none : {"", "0x", "0x0x1", "0x-1", "g", "f8000000 "}) {
        EXPECT_EQ(hexadecimal_number(none), std::nullopt) << none;
        EXPECT_EQ(prefixed_number(none), std::nullopt) << none;
    }
    EXPECT_EQ(prefixed_number("ff"), std::nullopt);
}

TEST(Numbers, at_the_beginning_leave_the_text_after_them) {
    EXPECT_EQ(leading_number("12a"), std::pair(std::uint64_t{12}, std::string_view("a")));
    EXPECT_EQ(leading_number("a12"), std::nullopt);
    EXPECT_EQ(leading_number<std::uint8_t>("300 "), std::nullopt);
}

TEST(KernelVersion, is_read_from_a_release_or_is_unknown) {
    EXPECT_EQ(kernel_version("6.1.0-18-amd64"), (KernelVersion{6, 1}));
    EXPECT_EQ(kernel_version("7.0-rc1"), (KernelVersion{7, 0}));
    for (const char* unknown : {"", "6", "6.", ".1", "six.one", "-6.1", "99999999999.1"})
        EXPECT_EQ(kernel_version(unknown), std::nullopt) << unknown;
    EXPECT_LT((KernelVersion{6, 9}), (KernelVersion{6, 10}));
}

}  // namespace
}  // namespace hvfbd
