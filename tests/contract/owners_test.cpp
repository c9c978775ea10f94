// Whoever owns something of the kernel's: whole or not there, moved and not copied, given back once.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/mapping.h"
#include "base/picture.h"

namespace hvfbd {
namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}
std::size_t mappings() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find("memfd:") != std::string::npos;
    return count;
}

struct DescriptorKind {
    using Owner = Descriptor;
    static Owner make() { return Descriptor{::memfd_create("owned", MFD_CLOEXEC)}; }
};
struct MappingKind {
    using Owner = Mapping;
    static Owner make() {
        Descriptor file{::memfd_create("owned", MFD_CLOEXEC)};
        EXPECT_EQ(::ftruncate(file.get(), 4096), 0);
        return Mapping(file, 4096, Mapping::Access::read_write);
    }
};
struct ShadowKind {
    using Owner = Picture;
    static Owner make() { return Picture::shadow(layout_for({10, 10})); }
};
struct FrontKind {
    using Owner = Picture;
    static Owner make() { return Picture::front(layout_for({10, 10})); }
};

template <typename Kind>
class AnOwner : public ::testing::Test {
  protected:
    static std::size_t owned() { return open_descriptors() + mappings(); }
};
using Kinds = ::testing::Types<DescriptorKind, MappingKind, ShadowKind, FrontKind>;
TYPED_TEST_SUITE(AnOwner, Kinds);

TYPED_TEST(AnOwner, gives_back_what_it_owns) {
    auto before = this->owned();
    {
        auto owner = TypeParam::make();
        EXPECT_GT(this->owned(), before);
    }
    EXPECT_EQ(this->owned(), before);
}

TYPED_TEST(AnOwner, is_moved_and_not_copied) {
    using Owner = typename TypeParam::Owner;
    static_assert(!std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner>);
    static_assert(std::is_nothrow_move_constructible_v<Owner> && std::is_nothrow_move_assignable_v<Owner>);
    auto before = this->owned();
    {
        auto first = TypeParam::make();
        auto one = this->owned();
        auto second = std::move(first);
        EXPECT_EQ(this->owned(), one);
    }
    EXPECT_EQ(this->owned(), before);
}

TYPED_TEST(AnOwner, releases_what_it_had_when_another_is_moved_in) {
    auto before = this->owned();
    {
        auto first = TypeParam::make();
        auto one = this->owned();
        first = TypeParam::make();
        EXPECT_EQ(this->owned(), one);
        auto& self = first;
        first = std::move(self);
        EXPECT_EQ(this->owned(), one);
    }
    EXPECT_EQ(this->owned(), before);
}

TEST(Mapping, that_cannot_be_made_throws_and_owns_nothing) {
    Descriptor null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT_THROW(Mapping(null, 4096, Mapping::Access::read), std::system_error);
}

TEST(Shadow, is_whole_black_and_of_one_size_for_ever) {
    Picture shadow = Picture::shadow(layout_for({100, 50}, 512));
    for (std::byte byte : shadow.bytes()) ASSERT_EQ(byte, std::byte{0});
    EXPECT_LT(::ftruncate(shadow.memfd().get(), 0), 0);
    EXPECT_LT(::ftruncate(shadow.memfd().get(), 1 << 20), 0);
    EXPECT_EQ(::fcntl(shadow.memfd().get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL), 0)
        << "its client closes it against other writers";
}

TEST(Shadow, starts_from_what_fits_of_another) {
    Picture small = Picture::shadow(layout_for({10, 10}));
    {
        Mapping writable(small.memfd(), small.layout().size, Mapping::Access::read_write);
        std::fill(writable.bytes().begin(), writable.bytes().end(), std::byte{7});
    }
    Picture large = Picture::shadow(layout_for({20, 20}, 128));
    large.start_from(small);
    auto at = [&](std::uint32_t x, std::uint32_t y) { return large.bytes()[large.layout().offset(x, y)]; };
    EXPECT_EQ(at(9, 9), std::byte{7});
    EXPECT_EQ(at(10, 9), std::byte{0});
    EXPECT_EQ(at(9, 10), std::byte{0});
    Picture tiny = Picture::shadow(layout_for({2, 2}));
    EXPECT_NO_THROW(tiny.start_from(large));
}

// A read-only descriptor is not enough: whoever holds a memfd may open it anew for writing.
TEST(Front, is_written_by_nobody_else_whoever_holds_its_descriptor) {
    Picture front = Picture::front(layout_for({100, 50}));
    int fd = front.memfd().get();
    auto try_to_write = [&](int descriptor) {
        bool mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) != MAP_FAILED;
        void* reading = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
        bool upgraded = reading != MAP_FAILED && ::mprotect(reading, 4096, PROT_READ | PROT_WRITE) == 0;
        bool written = ::pwrite(descriptor, "x", 1, 0) == 1;
        bool punched = ::fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
        return mapped || upgraded || written || punched;
    };
    EXPECT_FALSE(try_to_write(fd));
    pid_t other = ::fork();
    if (other == 0) {
        if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
        std::string path = "/proc/self/fd/" + std::to_string(fd);
        int again = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        ::_exit(try_to_write(fd) || (again >= 0 && try_to_write(again)) ? 1 : 0);
    }
    int status = 0;
    ::waitpid(other, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    front.bytes()[0] = std::byte{1};
}

}  // namespace
}  // namespace hvfbd
