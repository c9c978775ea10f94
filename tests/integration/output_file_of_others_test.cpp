// What only root can try: files and links of several users.
#include "unit/output_file_fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace hvfbd {
namespace {

namespace fs = std::filesystem;

class AnOutputFileWhereOthersWrite : public AnOutputFile {
  protected:
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
};

TEST_F(AnOutputFileWhereOthersWrite,
       of_another_user_in_a_folder_where_only_owners_remove_is_written_where_it_is) {
    write(file, "before, and longer");
    fs::permissions(file, fs::perms{0666});
    fs::permissions(folder, fs::perms{01777});
    // In a process of its own, which becomes another user.
    pid_t child = ::fork();
    if (child == 0) ::_exit(::setresuid(65534, 65534, 65534) == 0 && error_of(file, "after") == 0 ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(read(file), "after");
    EXPECT_EQ(files(), 1u) << "and nothing beside it";
}

TEST_F(AnOutputFileWhereOthersWrite, of_another_user_stays_its_groups) {
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
TEST_F(AnOutputFileWhereOthersWrite,
       is_not_looked_for_behind_a_link_of_another_user_in_a_folder_that_everybody_writes) {
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

TEST_F(AnOutputFileWhereOthersWrite, never_goes_where_a_link_of_another_user_leads_that_comes_and_goes) {
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

}  // namespace
}  // namespace hvfbd
