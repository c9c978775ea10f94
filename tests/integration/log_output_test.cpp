#include "system/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/error.h"

namespace hvfbd::testing {
namespace {

// journald's end of the native protocol, which reads when it is told to.
class Journal {
  public:
    Journal() {
        std::string path = std::filesystem::temp_directory_path() / "hvfbd-journal-XXXXXX";
        folder_ = ::mkdtemp(path.data());
        listen();
    }
    ~Journal() { std::filesystem::remove_all(folder_); }
    std::string path() const { return folder_ / "socket"; }
    void listen() {
        ::unlink(path().c_str());
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
            throw_errno("make the journal's socket");
    }
    void go() { socket_.reset(); }

    // The next entry, as it was sent or as it is in the memory that was sent.
    std::optional<std::string> read() {
        std::string text(1 << 20, '\0');
        iovec data{text.data(), text.size()};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        ssize_t size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
        if (size < 0) return std::nullopt;
        text.resize(static_cast<std::size_t>(size));
        if (cmsghdr* item = CMSG_FIRSTHDR(&header)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
            Descriptor memory(fd);
            EXPECT_EQ(::fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
            struct stat status {};
            ::fstat(fd, &status);
            text.resize(static_cast<std::size_t>(status.st_size));
            EXPECT_EQ(::pread(fd, text.data(), text.size(), 0), status.st_size);
        }
        return text;
    }

  private:
    std::filesystem::path folder_;
    Descriptor socket_;
};

struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make a pipe");
        read.reset(ends[0]);
        write.reset(ends[1]);
        ::fcntl(read.get(), F_SETFL, O_NONBLOCK);
    }
    std::string take() const {
        std::string all;
        char text[4096];
        for (ssize_t size = 0; (size = ::read(read.get(), text, sizeof text)) > 0;)
            all.append(text, static_cast<std::size_t>(size));
        return all;
    }
    Descriptor read, write;
};

void log(LogOutput& output, const std::string& message) {
    output.write(LOG_INFO, message, {}, "hvfbd: info: " + message + "\n");
}

// Each test ends by itself, or by the alarm where something waits.
class ALog : public ::testing::Test {
  protected:
    ALog() {
        ::signal(SIGPIPE, SIG_IGN);
        ::alarm(20);
    }
    ~ALog() override { ::alarm(0); }
    Journal journal;
    Pipe pipe;
};

TEST_F(ALog, is_written_to_the_journal_with_its_fields) {
    LogOutput output(journal.path(), LineOutput(pipe.write.get()));
    std::vector<LogField> fields{{"HVFBD_EVENT", "ready"}, {"HVFBD_REASON", "two\nlines"}};
    output.write(LOG_WARNING, "a sentence", fields, "unused\n");
    std::string size("\x09\0\0\0\0\0\0\0", 8);
    EXPECT_EQ(journal.read(),
              "MESSAGE=a sentence\nPRIORITY=4\nSYSLOG_IDENTIFIER=hvfbd\nHVFBD_EVENT=ready\nHVFBD_REASON\n" +
                  size + "two\nlines\n");
    EXPECT_EQ(pipe.take(), "");
}

TEST_F(ALog, does_not_wait_for_a_journal_that_does_not_read_and_says_what_was_lost) {
    LogOutput output(journal.path(), LineOutput(pipe.write.get()));
    constexpr int written = 3000;
    for (int i = 0; i < written; ++i) log(output, "line");
    int read = 0;
    while (journal.read()) ++read;
    ASSERT_LT(read, written);
    log(output, "again");
    auto said = journal.read();
    ASSERT_TRUE(said);
    EXPECT_NE(said->find(std::to_string(written - read) + " lines of the log were lost"), std::string::npos)
        << *said;
    EXPECT_NE(journal.read().value_or("").find("MESSAGE=again\n"), std::string::npos);
    EXPECT_FALSE(journal.read());
}

TEST_F(ALog, sends_what_no_datagram_holds_as_a_memory) {
    LogOutput output(journal.path(), LineOutput(pipe.write.get()));
    std::string large(std::size_t{16} << 20, 'x');
    log(output, large);
    EXPECT_EQ(journal.read(), "MESSAGE=" + large + "\nPRIORITY=6\nSYSLOG_IDENTIFIER=hvfbd\n");
}

TEST_F(ALog, goes_to_standard_error_while_there_is_no_journald_and_back) {
    LogOutput output(journal.path(), LineOutput(pipe.write.get()));
    journal.go();
    log(output, "one");
    EXPECT_EQ(pipe.take(), "hvfbd: info: one\n");
    journal.listen();
    log(output, "two");
    EXPECT_TRUE(journal.read());
}

TEST_F(ALog, does_not_wait_for_a_full_pipe_and_writes_whole_lines_to_it) {
    LogOutput output("", LineOutput(pipe.write.get()));
    constexpr int written = 3000;
    const std::string line(100, 'x');
    for (int i = 0; i < written; ++i) log(output, line);
    EXPECT_EQ(::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK, 0) << "it is not the daemon's alone";
    std::string all = pipe.take();
    log(output, "again");
    all += pipe.take();
    std::size_t whole = 0;
    for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
        if (all.compare(at, 113 + 1, "hvfbd: info: " + line + "\n") != 0) break;
        ++whole;
    }
    // Said once more where the first saying of it was the last that found room.
    std::size_t lost = 0;
    std::istringstream said(all.substr(whole * 114));
    for (std::string words; std::getline(said, words) && words != "hvfbd: info: again";) {
        ASSERT_NE(words.find("lost: nobody read them"), std::string::npos) << words;
        lost += std::stoul(words.substr(words.find_first_of("0123456789")));
    }
    EXPECT_EQ(lost, written - whole);
    EXPECT_TRUE(all.ends_with("hvfbd: info: again\n"));
}

TEST_F(ALog, does_not_wait_for_a_full_socket_either) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    Descriptor near(ends[0]), far(ends[1]);
    LogOutput output("", LineOutput(near.get()));
    for (int i = 0; i < 20000; ++i) log(output, "line");
    far.reset();
    log(output, "nobody is there");
}

TEST_F(ALog, of_a_program_that_is_run_to_be_read_loses_nothing) {
    pid_t child = ::fork();
    if (child == 0) {
        pipe.read.reset();
        LogOutput output("", LineOutput(pipe.write.get(), LineOutput::Waiting::unlimited));
        for (int i = 0; i < 3000; ++i) log(output, std::string(100, 'x'));
        ::_exit(0);
    }
    pipe.write.reset();
    ::fcntl(pipe.read.get(), F_SETFL, 0);
    EXPECT_EQ(pipe.take().size(), 3000u * 114);
}

}  // namespace
}  // namespace hvfbd::testing
