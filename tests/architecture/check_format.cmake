# -P script: SOURCE, CLANG_FORMAT. Every source is as clang-format 14 leaves it.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files ${SOURCE}/host/*.[ch]pp ${SOURCE}/sdk/*.[ch]pp ${SOURCE}/sdk/*.h ${SOURCE}/plugins/*.[ch]pp
  ${SOURCE}/tests/*.[ch]pp ${SOURCE}/tests/*.[ch])
execute_process(COMMAND ${CLANG_FORMAT} --dry-run -Werror ${files} RESULT_VARIABLE result ERROR_VARIABLE words)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "run clang-format -i on what is named here:\n${words}")
endif()
