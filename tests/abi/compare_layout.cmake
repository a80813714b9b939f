# -DPROGRAM= prints the layout, -DGOLDEN= is what it must be.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "abi_fields.h does not list every field of abi.h: ${result}")
endif()
file(READ ${GOLDEN} golden)
if(NOT printed STREQUAL golden)
  file(WRITE ${PROGRAM}.tsv "${printed}")
  message(FATAL_ERROR "the layout of abi.h changed: compare ${PROGRAM}.tsv with ${GOLDEN}. "
    "A released field never moves; after an addition, copy the one over the other.")
endif()
