#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace console {

// Starts a program with no descriptor but those that are put, the usual signals, and nothing blocked.
class Spawn {
  public:
    // Throws std::system_error, as everything here does.
    Spawn();
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;
    ~Spawn();

    void put(int fd, int as);
    void open(const std::string& path, int flags, int as);
    // The program is the first of a session of its own: a terminal that is opened from then on becomes its
    // controlling one.
    void begin_session() { flags_ |= POSIX_SPAWN_SETSID; }

    // `program`: without a slash it is searched for in $PATH. `words`: argv, of one word at least. `what`
    // names it in the error, whose code is that of exec(2) where the program cannot be executed.
    pid_t run(const std::string& program, std::vector<std::string> words,
              std::vector<std::string> environment, const std::string& what);

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
    int flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
};

}  // namespace console
