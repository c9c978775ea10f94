# For CMake, on Debian of amd64: libhvfb of i386. tools/test -L i386 uses it.
set(HVFBD_CROSS_NAME i386-linux-gnu)
set(HVFBD_CROSS_COMPILER i686-linux-gnu)
set(CMAKE_SYSTEM_PROCESSOR i686)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
