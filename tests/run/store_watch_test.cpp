#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <thread>

#include "run/notify/caller.h"
#include "run/tracking/store_watch.h"

namespace {

using namespace std::chrono_literals;

constexpr std::size_t page = 4096, pages = 16, size = pages * page;

// A process that has mapped the memory, and does what it is told, a letter at a time.
class Program {
  public:
    using Does = std::function<void(char letter, std::byte* memory)>;

    Program(int memory, const Does& does) {
        EXPECT_EQ(::pipe(to_), 0);
        EXPECT_EQ(::pipe(from_), 0);
        process_ = ::fork();
        if (process_ == 0) {
            auto* const at =
                static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0));
            answer();
            be_watched();
            for (char letter = 0; ::read(to_[0], &letter, 1) == 1; answer()) does(letter, at);
            ::_exit(0);
        }
        heard();
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program() {
        if (process_ > 0) end();
        for (const int end : {to_[0], to_[1], from_[0], from_[1]}) ::close(end);
    }

    pid_t process() const { return process_; }
    void tell(char letter) const {
        EXPECT_EQ(::write(to_[1], &letter, 1), 1);
        heard();
    }
    void let_go() const { EXPECT_EQ(::write(to_[1], "!", 1), 1); }
    void end() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = 0;
    }

  private:
    // In a call that nothing interrupts, until let_go.
    void be_watched() const {
        char letter = 0;
        if (const pid_t child = ::vfork(); child == 0) {
            [[maybe_unused]] const auto got = ::read(to_[0], &letter, 1);
            ::_exit(0);
        } else {
            ::waitpid(child, nullptr, 0);
        }
    }
    void answer() const { [[maybe_unused]] const auto sent = ::write(from_[1], "", 1); }
    void heard() const {
        char letter = 0;
        EXPECT_EQ(::read(from_[0], &letter, 1), 1);
    }

    int to_[2] = {-1, -1}, from_[2] = {-1, -1};
    pid_t process_ = 0;
};

class AStoreWatch : public testing::Test {
  protected:
    AStoreWatch() : memory_(::memfd_create("stores", MFD_CLOEXEC)) {
        EXPECT_EQ(::ftruncate(memory_, size), 0);
        struct stat status {};
        EXPECT_EQ(::fstat(memory_, &status), 0);
        watch_.begin({status.st_dev, status.st_ino}, memory_);
    }
    ~AStoreWatch() override { ::close(memory_); }

    void watch(const Program& program) {
        watch_.maps(program.process(), [&] { program.let_go(); });
    }
    // Whether all stores since the last time are known; then `written_` are their pages.
    bool look() {
        written_.clear();
        now_ += 200ms;
        return watch_.take_stores(
            [this](std::uint64_t offset, std::uint64_t bytes) {
                for (std::uint64_t at = 0; at < bytes; at += page) written_.insert((offset + at) / page);
            },
            now_);
    }
    // Other processes of this machine may begin some meanwhile: at some time nobody has.
    bool looks_well() {
        for (int i = 0; i < 1000; ++i) {
            now_ += 2s;
            if (look()) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    const std::string refused_ = run::watching_refused();
    int memory_;
    run::StoreWatch watch_{refused_, run::filters_of("self"), true};
    run::StoreWatch::Time now_ = std::chrono::steady_clock::now();
    std::set<std::uint64_t> written_;
};

// Where the kernel tracks nothing nothing is ever known, which is all that there is to test.
#define TRACKED_OR_NEVER_KNOWN()                           \
    if (!refused_.empty()) {                               \
        for (int i = 0; i < 10; ++i) EXPECT_FALSE(look()); \
        return;                                            \
    }

void store(std::byte* memory, std::size_t at) {
    *const_cast<volatile std::byte*>(memory + at) = std::byte{1};
}

TEST_F(AStoreWatch, lists_the_pages_that_a_program_stores_into_each_time_once) {
    TRACKED_OR_NEVER_KNOWN();
    Program program(memory_,
                    [](char letter, std::byte* at) { store(at, static_cast<std::size_t>(letter) * page); });
    watch(program);
    ASSERT_TRUE(looks_well());
    for (const int number : {3, 3, 0, 15}) {
        program.tell(static_cast<char>(number));
        look();
        EXPECT_EQ(written_, std::set{static_cast<std::uint64_t>(number)});
        look();
        EXPECT_TRUE(written_.empty());
    }
    EXPECT_TRUE(looks_well());
}

TEST_F(AStoreWatch, knows_that_a_descriptor_was_written) {
    TRACKED_OR_NEVER_KNOWN();
    ASSERT_TRUE(looks_well());
    // As programs get it. Of the first descriptor of such memory the kernel tells nothing.
    const hvfbd::Descriptor again(::open(("/proc/self/fd/" + std::to_string(memory_)).c_str(), O_RDWR));
    EXPECT_EQ(::pwrite(again.get(), "x", 1, 0), 1);
    EXPECT_FALSE(look());
    EXPECT_TRUE(looks_well());
}

TEST_F(AStoreWatch, knows_that_memory_was_unmapped_moved_or_grown) {
    TRACKED_OR_NEVER_KNOWN();
    Program program(memory_, [](char letter, std::byte* at) {
        static std::byte* moved = nullptr;
        if (letter == 'u') ::munmap(at + 8 * page, page);
        if (letter == 't') ::munmap(at + 15 * page, page);
        if (letter == 'm')
            moved = static_cast<std::byte*>(::mremap(at + 12 * page, 2 * page, 3 * page, MREMAP_MAYMOVE));
        if (letter == 's') ::munmap(moved + 2 * page, page);
        if (letter == 'g') ::mremap(moved, 2 * page, 3 * page, 0);
        if (letter == 'w') store(moved, 2 * page);
    });
    watch(program);
    ASSERT_TRUE(looks_well());
    for (const char letter : {'u', 't', 'm', 's', 'g'}) {
        program.tell(letter);
        EXPECT_FALSE(look()) << letter;
        EXPECT_TRUE(looks_well()) << letter;
    }
    program.tell('w');
    look();
    EXPECT_EQ(written_, std::set<std::uint64_t>{14}) << "where it has grown";
}

TEST_F(AStoreWatch, knows_nothing_while_there_is_a_child_that_has_the_memory) {
    TRACKED_OR_NEVER_KNOWN();
    Program program(memory_, [](char letter, std::byte*) {
        static pid_t child = 0;
        if (letter == 'f' && (child = ::fork()) == 0)
            for (;;) ::pause();
        if (letter == 'k') {
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
        }
    });
    watch(program);
    ASSERT_TRUE(looks_well());
    program.tell('f');
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(look()) << i;
    program.tell('k');
    EXPECT_FALSE(look());
    EXPECT_TRUE(looks_well());
}

TEST_F(AStoreWatch, knows_that_there_was_a_child_which_was_waited_for) {
    TRACKED_OR_NEVER_KNOWN();
    Program program(memory_, [](char, std::byte*) {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        ::waitpid(child, nullptr, 0);
    });
    watch(program);
    ASSERT_TRUE(looks_well());
    // The second one at once: what every process of the machine has compared once a second hides nothing.
    for (int i = 0; i < 2; ++i) {
        program.tell('f');
        EXPECT_FALSE(look()) << i;
    }
}

TEST_F(AStoreWatch, finds_who_has_the_memory_when_its_parents_have_ended) {
    TRACKED_OR_NEVER_KNOWN();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    Program program(memory_, [&ends](char, std::byte*) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (::fork() != 0) ::_exit(0);
            // Until nobody writes any more.
            ::close(ends[1]);
            char letter = 0;
            [[maybe_unused]] const auto got = ::read(ends[0], &letter, 1);
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
    });
    watch(program);
    ASSERT_TRUE(looks_well());
    program.tell('f');
    program.end();
    for (int i = 0; i < 300; ++i) EXPECT_FALSE(look()) << i;
    ::close(ends[1]);
    EXPECT_TRUE(looks_well());
    ::close(ends[0]);
}

TEST_F(AStoreWatch, forgets_a_program_that_has_ended_and_one_that_is_another_one) {
    TRACKED_OR_NEVER_KNOWN();
    for (const bool ends : {true, false}) {
        Program program(memory_, [](char, std::byte*) { ::execlp("sleep", "sleep", "60", nullptr); });
        watch(program);
        ASSERT_TRUE(looks_well());
        if (ends)
            program.end();
        else
            program.let_go();
        if (!ends)
            while (run::Caller(program.process(), false).name() != "sleep") std::this_thread::sleep_for(1ms);
        EXPECT_FALSE(look());
        EXPECT_TRUE(looks_well());
    }
}

}  // namespace
