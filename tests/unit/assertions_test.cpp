// Builds for debugging and with sanitizers have the standard library's assertions.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace {

TEST(TheStandardLibrary, ends_a_program_that_uses_what_is_not_there) {
    // Neither is seen by a sanitizer: the memory is the program's own.
    std::optional<int> nothing;
    EXPECT_DEATH(static_cast<void>(*nothing + 1), "is_engaged");
    std::vector<int> three{1, 2, 3};
    three.pop_back();
    volatile std::size_t past = 2;
    EXPECT_DEATH(three[past] = 4, "__n < this->size");
}

}  // namespace
