# For CMake, on Debian of amd64: the programs of arm64. tools/test -L arm64 uses it.
set(HVFBD_CROSS_NAME aarch64-linux-gnu)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
