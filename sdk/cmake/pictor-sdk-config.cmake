include(${CMAKE_CURRENT_LIST_DIR}/pictor-sdk-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/PictorPlugin.cmake)
