# What the other files of this folder have in common: Debian's compiler for another architecture, and the libraries of that which
# dpkg installs beside the machine's own. What is built and needed by the build runs under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
if(NOT HVFBD_CROSS_COMPILER)
    set(HVFBD_CROSS_COMPILER ${HVFBD_CROSS_NAME})
endif()
set(CMAKE_C_COMPILER ${HVFBD_CROSS_COMPILER}-gcc)
set(CMAKE_CXX_COMPILER ${HVFBD_CROSS_COMPILER}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${HVFBD_CROSS_NAME})
string(REPLACE i686 i386 emulated ${CMAKE_SYSTEM_PROCESSOR})
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-${emulated})
# Not the machine's own. Nothing but this says so to pkg-config.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${HVFBD_CROSS_NAME}/pkgconfig:/usr/share/pkgconfig)
