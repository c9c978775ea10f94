#pragma once

namespace console {

// From now on this process may read from and write to `socket`, have memory, and end; whatever else it asks
// the kernel for kills it. Nothing lifts that, and it has at most 256 MiB. It is killed when the process that
// started it ends. Throws std::system_error: the kernel has no such filter, and nothing is promised.
void enter_sandbox(int socket);

}  // namespace console
