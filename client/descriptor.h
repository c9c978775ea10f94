#pragma once

#include <sys/types.h>

#include <atomic>

namespace hvfb {

// Which open file a number stands for, as far as fstat(2) tells. Anonymous files that share one inode (a
// timerfd, an eventfd) are told from the program's own by a mark.
class FileIdentity {
  public:
    FileIdentity() = default;
    explicit FileIdentity(int fd);

    // False: the number was closed, or stands for another file. Where the kernel does not say it is true.
    bool is(int fd) const;
    void copy(const FileIdentity& other);

  private:
    // Relaxed: a thread that reads all while they change finds that the number is not this file.
    std::atomic<dev_t> device_{0};
    std::atomic<ino_t> inode_{0};  // 0: not known
    std::atomic<bool> marked_{false};
};

// Owner of a file descriptor, or of none (-1), in somebody else's program: it is never one of the standard
// three, and a number that the program has closed, or given to a file of its own, is not closed again.
class Descriptor {
  public:
    Descriptor() = default;
    // Takes it, or another number for its file instead of one of the standard three. None, and errno, if
    // there is no such number.
    explicit Descriptor(int fd);
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }

    explicit operator bool() const { return get() >= 0; }
    int get() const { return fd_.load(std::memory_order_relaxed); }
    // Whether the number stands for the file that it was made with. To be asked before a file is read,
    // written or controlled: it might be the program's.
    bool ours() const { return get() >= 0 && identity_.is(get()); }
    void reset();
    // Takes a number that a program does not soon reach, for one that a thread sleeps on in poll(2): the
    // kernel keeps the file while it sleeps, and looks at the number when it is woken. A number that was
    // closed ends the sleep, and one that is another file's does not.
    void out_of_the_way();
    // Becomes another one of the same file as `other`. The number stays if it is ours, so that a thread that
    // has read it uses the one file or the other. 0 or a negative errno.
    int become(const Descriptor& other);

  private:
    std::atomic<int> fd_{-1};
    FileIdentity identity_;
};

}  // namespace hvfb
