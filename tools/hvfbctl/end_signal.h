#pragma once

namespace hvfbctl {

// SIGINT, SIGTERM and SIGHUP end what runs instead of the process, for the life of the process. The second
// one ends the process: where nobody takes what it writes, the first one may come to nothing.
// Returns a descriptor that is readable from the first one on; it is the process's. Throws std::system_error.
int end_signal();

}  // namespace hvfbctl
