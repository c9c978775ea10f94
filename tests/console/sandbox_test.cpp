#include "console/command/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <system_error>

namespace console {
namespace {

constexpr int no_sandbox = 77;

// Not [[noreturn]], nor _exit(): what sanitizers do before those is not allowed.
void end(int code) {
    ::syscall(SYS_exit_group, code);
}

// How a process ends that does this in the sandbox, which has one socket; without a sandbox 77.
int status_of(const std::function<void(int socket)>& what) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const pid_t process = ::fork();
    if (process == 0) {
        ::close(ends[0]);
        try {
            enter_sandbox(ends[1]);
        } catch (const std::system_error&) {
            end(no_sandbox);
        }
        what(ends[1]);
        end(0);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    int status = 0;
    EXPECT_EQ(::waitpid(process, &status, 0), process);
    return status;
}

struct Sandbox : testing::Test {
    void SetUp() override {
        const int status = status_of([](int) {});
        if (WIFEXITED(status) && WEXITSTATUS(status) == no_sandbox)
            GTEST_SKIP() << "no seccomp filters here, as in an emulator of another processor";
        ASSERT_EQ(status, 0);
    }
    static void expect_killed(const char* name, const std::function<void(int socket)>& what) {
        const int status = status_of(what);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << name << ": " << status;
    }
};

TEST_F(Sandbox, lets_a_process_use_its_socket_and_have_memory) {
    EXPECT_EQ(status_of([](int socket) {
                  char byte = 0;
                  // Nobody is at the other end, which is no reason to be killed.
                  if (::read(socket, &byte, 1) > 0) end(1);
              }),
              0);
    EXPECT_EQ(status_of([](int) {
                  constexpr std::size_t much = 64 << 20;
                  volatile char* const memory = static_cast<char*>(std::malloc(much));
                  if (memory == nullptr) end(1);
                  memory[much - 1] = 1;
                  std::free(const_cast<char*>(memory));
              }),
              0);
}

TEST_F(Sandbox, kills_a_process_that_asks_for_anything_else) {
    expect_killed("open", [](int) { ::open("/dev/null", O_RDONLY); });
    expect_killed("socket", [](int) { ::socket(AF_UNIX, SOCK_STREAM, 0); });
    expect_killed("execve", [](int) { ::execl("/bin/true", "true", nullptr); });
    expect_killed("fork", [](int) { ::fork(); });
    expect_killed("kill", [](int) { ::kill(0, 0); });
    expect_killed("prctl", [](int) { ::syscall(SYS_prctl, 0, 0, 0, 0, 0); });
    expect_killed("dup", [](int socket) { (void)!::dup(socket); });
    expect_killed("fcntl", [](int socket) { ::fcntl(socket, F_GETFL); });
    expect_killed("sendmsg", [](int socket) { ::sendmsg(socket, nullptr, 0); });
}

TEST_F(Sandbox, kills_a_process_that_reads_or_writes_another_descriptor) {
    char byte = 0;
    expect_killed("read", [&](int socket) { (void)!::read(socket + 1, &byte, 1); });
    expect_killed("write", [&](int) { (void)!::write(STDERR_FILENO, &byte, 1); });
}

TEST_F(Sandbox, kills_a_process_that_makes_code_or_shares_memory) {
    constexpr std::size_t page = 4096;
    expect_killed("code", [](int) {
        ::mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    });
    expect_killed("shared", [](int) { ::mmap(nullptr, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0); });
    expect_killed("a file", [](int socket) { ::mmap(nullptr, page, PROT_READ, MAP_PRIVATE, socket, 0); });
    void* const memory = ::mmap(nullptr, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect_killed("made code", [memory](int) { ::mprotect(memory, page, PROT_READ | PROT_EXEC); });
    ::munmap(memory, page);
}

}  // namespace
}  // namespace console
