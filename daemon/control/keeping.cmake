add_library(hvfbd_keeping STATIC control/descriptor_store.cpp control/keeper.cpp control/notifier.cpp)
target_link_libraries(hvfbd_keeping PUBLIC hvfbd_pipeline)
