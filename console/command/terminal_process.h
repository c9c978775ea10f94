#pragma once

namespace console {

// The terminal's side of the socket on standard input, in a process of its own and in the sandbox: answers
// requests (wire.h) until the other side closes it, and ends the process.
[[noreturn]] void run_terminal_process();

// How hvfb-console starts its own program file to be that process: argv[0].
inline constexpr const char* terminal_process_name = "hvfb-console-terminal";
// Its exit code where the kernel has no sandbox for it.
inline constexpr int exit_without_sandbox = 3;

}  // namespace console
