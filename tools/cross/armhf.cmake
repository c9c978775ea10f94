# For CMake, on Debian of amd64: libhvfb of armhf. tools/test -L i386 uses it too: it is the other one of 32 bits.
set(HVFBD_CROSS_NAME arm-linux-gnueabihf)
set(CMAKE_SYSTEM_PROCESSOR arm)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
