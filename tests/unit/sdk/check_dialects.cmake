# -DINCLUDE= the SDK's headers, -DCOMPILERS= a list by commas; those that are not there are skipped,
# but one C and one C++ compiler must be.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "," ";" compilers "${COMPILERS}")
set(warnings -Wall -Wextra -pedantic -Wpadded -Werror -fsyntax-only)

# With and without -fshort-enums; counts in `tried`.
macro(compile compiler language standard)
  foreach(enums IN ITEMS "" -fshort-enums)
    execute_process(
      COMMAND ${path} -x ${language} -std=${standard} ${warnings} ${enums} -I ${INCLUDE}
        ${CMAKE_CURRENT_LIST_DIR}/dialect.h
      RESULT_VARIABLE result ERROR_VARIABLE complaint)
    if(NOT result EQUAL 0)
      message(SEND_ERROR "${compiler} -std=${standard} ${enums}:\n${complaint}")
    endif()
    math(EXPR tried "${tried} + 1")
  endforeach()
endmacro()

set(seen "")
set(tried 0)
foreach(compiler IN LISTS compilers)
  unset(path CACHE)
  find_program(path ${compiler})
  if(NOT path OR path IN_LIST seen)
    continue()
  endif()
  list(APPEND seen ${path})
  if(compiler MATCHES "[+][+]")
    set(language c++)
    set(standards c++11 c++14 c++17 c++20)
  else()
    set(language c)
    set(standards c99 c11 c17)
  endif()
  foreach(standard IN LISTS standards)
    compile(${compiler} ${language} ${standard})
  endforeach()
endforeach()
if(tried LESS 14)
  message(FATAL_ERROR "only ${tried} dialects could be tried with ${compilers}")
endif()
message(STATUS "${tried} dialects of ${seen}")
