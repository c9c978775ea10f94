#include "x_server.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <system_error>

#include "processor_time.h"

namespace hvfbd::bench {

XServer::XServer(const std::filesystem::path& socket, int width, int height)
    : canvas_{nullptr, width, height, width} {
    const int memory = shmget(IPC_PRIVATE, canvas_.bytes(), IPC_CREAT | 0600);
    if (memory < 0) throw std::system_error(errno, std::generic_category(), "shmget");
    void* const pixels = shmat(memory, nullptr, 0);
    try {
        if (pixels == reinterpret_cast<void*>(-1))
            throw std::system_error(errno, std::generic_category(), "shmat");
        canvas_.pixels = static_cast<std::uint32_t*>(pixels);
        // No store of a workload is the first in its page.
        canvas_.fill({0, 0, width, height}, 0xff000000);
        client_.emplace(socket, memory, canvas_);
    } catch (...) {
        if (canvas_.pixels) shmdt(canvas_.pixels);
        shmctl(memory, IPC_RMID, nullptr);
        throw;
    }
    // It goes with the last who has it.
    shmctl(memory, IPC_RMID, nullptr);
}

XServer::~XServer() {
    shmdt(canvas_.pixels);
}

void XServer::drawn(std::span<const Box> boxes) {
    if (boxes.empty()) return;
    const Nanoseconds before = processor_time_of_this_thread();
    client_->put(boxes);
    work_.processor_time += processor_time_of_this_thread() - before;
    ++work_.presents;
    for (const Box& box : boxes) work_.pixels_told += static_cast<std::uint64_t>(box.width * box.height);
}

void XServer::prepared() {
    const Box all{0, 0, canvas_.width, canvas_.height};
    client_->put({&all, 1});
}

Work XServer::work(bool) {
    Work work = work_;
    work.processor_time += processor_time_of(client_->server());
    return work;
}

}  // namespace hvfbd::bench
