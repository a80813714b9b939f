# -P script: PROGRAM. A plugin must not find the host's copies of its libraries.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND nm -D --defined-only ${PROGRAM}
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} must export nothing, not:\n${symbols}")
endif()
