#include "fork.h"

#include <pthread.h>

namespace hvfb {

struct ForkList {
    static pthread_mutex_t mutex;
    static pthread_once_t once;
    static ForkListed* first;

    static void lock() { pthread_mutex_lock(&mutex); }
    static void unlock() { pthread_mutex_unlock(&mutex); }
    static void in_child() {
        for (ForkListed* listed = first; listed; listed = listed->next_) listed->in_child_(*listed);
        unlock();
    }
    static void begin() { pthread_atfork(lock, unlock, in_child); }
};

pthread_mutex_t ForkList::mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_once_t ForkList::once = PTHREAD_ONCE_INIT;
ForkListed* ForkList::first = nullptr;

ForkLock::ForkLock() {
    pthread_once(&ForkList::once, ForkList::begin);
    ForkList::lock();
}

ForkLock::~ForkLock() {
    ForkList::unlock();
}

void ForkListed::list() {
    next_ = ForkList::first;
    if (next_) next_->previous_ = this;
    ForkList::first = this;
}

void ForkListed::unlist() {
    (previous_ ? previous_->next_ : ForkList::first) = next_;
    if (next_) next_->previous_ = previous_;
    next_ = previous_ = nullptr;
}

}  // namespace hvfb
