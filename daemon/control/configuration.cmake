add_library(hvfbd_configuration STATIC ${CMAKE_CURRENT_LIST_DIR}/configuration.cpp)
target_link_libraries(hvfbd_configuration PUBLIC hvfbd_pacing PRIVATE PkgConfig::INIH)
