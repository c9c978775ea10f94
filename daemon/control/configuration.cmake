add_library(hvfbd_configuration STATIC ${CMAKE_CURRENT_LIST_DIR}/configuration.cpp ${CMAKE_CURRENT_LIST_DIR}/ini.cpp)
target_link_libraries(hvfbd_configuration PUBLIC hvfbd_pacing)
