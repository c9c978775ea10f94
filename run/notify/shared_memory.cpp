#include "run/notify/shared_memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "run/notify/own_file_system.h"

namespace run {
namespace {

// For the handler of a signal.
std::byte* memory_begin = nullptr;
std::size_t memory_size = 0;
volatile sig_atomic_t memory_lost = 0;

// A program has made the file shorter, and what is read here is not there any more.
void memory_is_gone(int number, siginfo_t* info, void*) {
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    const auto begin = reinterpret_cast<std::uintptr_t>(memory_begin);
    if (at >= begin && at - begin < memory_size &&
        ::mmap(memory_begin, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
               0) != MAP_FAILED)
        memory_lost = 1;
    else
        ::signal(number, SIG_DFL);
}

void outlive_lost_memory() {
    struct sigaction action {};
    action.sa_sigaction = memory_is_gone;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, nullptr);
    sigset_t lost;
    ::sigemptyset(&lost);
    ::sigaddset(&lost, SIGBUS);
    ::pthread_sigmask(SIG_UNBLOCK, &lost, nullptr);
}

// Takes all the room that its file system has.
hvfbd::Descriptor limited_file(std::size_t size) {
    const hvfbd::Descriptor root = own_file_system(size);
    if (!root) return {};
    hvfbd::Descriptor file(::openat(root.get(), "fb0", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file && ::fallocate(file.get(), 0, 0, static_cast<off_t>(size)) != 0) file.reset();
    return file;
}

hvfbd::Descriptor sealed_file(std::size_t size) {
    hvfbd::Descriptor file(::memfd_create("fb0", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (file && (::ftruncate(file.get(), static_cast<off_t>(size)) != 0 ||
                 ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0))
        file.reset();
    return file;
}

}  // namespace

SharedMemory::~SharedMemory() {
    if (!pixels_) return;
    memory_size = 0;
    ::munmap(pixels_, size_);
}

int SharedMemory::open(std::size_t size) {
    hvfbd::Descriptor file = limited_file(size);
    if (!file) file = sealed_file(size);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return errno;
    void* const address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED) return errno;
    file_ = std::move(file);
    device_number_ = status.st_dev;
    inode_ = status.st_ino;
    pixels_ = static_cast<std::byte*>(address);
    size_ = size;
    memory_begin = pixels_;
    memory_size = size_;
    outlive_lost_memory();
    return 0;
}

hvfbd::Descriptor SharedMemory::descriptor(int flags) const {
    const std::string path = "/proc/self/fd/" + std::to_string(file_.get());
    return hvfbd::Descriptor(::open(path.c_str(), (flags & (O_ACCMODE | O_NONBLOCK)) | O_CLOEXEC));
}

void SharedMemory::look() {
    struct stat status {};
    if (::fstat(file_.get(), &status) == 0 && status.st_size != static_cast<off_t>(size_) &&
        ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
        return;
    if (memory_lost == 0) return;
    memory_lost = 0;
    // Without memory for it the next look tries again.
    if (::mmap(pixels_, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_.get(), 0) == MAP_FAILED)
        memory_lost = 1;
}

}  // namespace run
