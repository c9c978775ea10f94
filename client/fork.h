#pragma once

namespace hvfb {

// Something that a child must give up after fork. Derived by what is listed. While a ForkLock is held nobody
// forks: what `in_child` reads may be changed then. The lock is not recursive; the library's own threads
// never take it.
class ForkListed {
  public:
    ForkListed(const ForkListed&) = delete;
    ForkListed& operator=(const ForkListed&) = delete;

    // In the list from here to there. Take the lock for it.
    void list();
    void unlist();

  protected:
    explicit ForkListed(void (*in_child)(ForkListed&)) : in_child_(in_child) {}
    ~ForkListed() = default;

  private:
    friend struct ForkList;

    void (*in_child_)(ForkListed&);
    ForkListed* next_ = nullptr;
    ForkListed* previous_ = nullptr;
};

class ForkLock {
  public:
    ForkLock();
    ~ForkLock();
    ForkLock(const ForkLock&) = delete;
    ForkLock& operator=(const ForkLock&) = delete;
};

}  // namespace hvfb
