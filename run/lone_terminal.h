#pragma once

namespace fbdev {

// A terminal at which nobody types, for programs that want one to draw on and have none: a pseudo-terminal.
// -1 and errno: there are none. It becomes nobody's controlling terminal.
int open_lone_master();
// Its other end, which the program has. `flags` as open(2) takes them.
int open_lone_terminal(int master, int flags);

}  // namespace fbdev
