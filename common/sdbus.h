#pragma once

// sdbus-c++. The code is written for version 2. What version 1.2 of Debian 12 calls otherwise has a second
// header, which goes with Debian 12, and daemon/bus has one such pair more: sdbus_1_attachment.h and
// sdbus_2_attachment.h.
#if __has_include(<sdbus-c++/VTableItems.h>)
#include "common/sdbus_2.h"
#else
#include "common/sdbus_1.h"
#endif
