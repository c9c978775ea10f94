#include "run/notify/shared_memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

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
hvfbd::Descriptor limited_file(const OwnFileSystem& file_system, std::size_t size) {
    if (!file_system) return {};
    hvfbd::Descriptor file(
        ::openat(file_system.root.get(), "fb0", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
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
    ::munmap(pixels_, mapped_);
}

int SharedMemory::open(std::size_t size, std::size_t largest) {
    OwnFileSystem file_system = own_file_system(size);
    hvfbd::Descriptor file = limited_file(file_system, size);
    const bool grows = file && file_system.resize(size);
    if (!file) file = sealed_file(size);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return errno;
    // Behind its end nothing is touched before it is there.
    void* const address = ::mmap(nullptr, largest, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED) return errno;
    file_ = std::move(file);
    file_system_ = std::move(file_system);
    grows_ = grows;
    device_number_ = status.st_dev;
    inode_ = status.st_ino;
    pixels_ = static_cast<std::byte*>(address);
    size_ = size;
    mapped_ = largest;
    memory_begin = pixels_;
    memory_size = mapped_;
    outlive_lost_memory();
    return 0;
}

int SharedMemory::grow(std::size_t size) {
    if (size <= size_) return 0;
    if (!grows_ || size > mapped_) return ENOMEM;
    if (!file_system_.resize(size) || ::fallocate(file_.get(), 0, 0, static_cast<off_t>(size)) != 0)
        return errno;
    size_ = size;
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
    if (::mmap(pixels_, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_.get(), 0) ==
        MAP_FAILED)
        memory_lost = 1;
}

}  // namespace run
