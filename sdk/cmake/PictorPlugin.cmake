# pictor_add_plugin(ID SOURCES file... [LIBRARIES target...] [INSTALL])
#
# Builds ID.pictor.so: a plugin that exports pictor_plugin_v1 and nothing else, whatever its sources and static
# libraries define, needs no symbol of the host, and is never unloaded. The target is called ID_plugin. It lands in
# PICTOR_PLUGIN_OUTPUT_DIRECTORY when that is set. INSTALL adds it to `cmake --install`.
set(PICTOR_ONE_SYMBOL_MAP ${CMAKE_CURRENT_LIST_DIR}/one-symbol.map)

function(pictor_add_plugin id)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "" "SOURCES;LIBRARIES")
  if(NOT id MATCHES "^[a-z0-9._-]+$")
    message(FATAL_ERROR "pictor_add_plugin: the id '${id}' may hold a-z, 0-9, '.', '_' and '-' only")
  endif()
  if(CMAKE_CXX_FLAGS MATCHES "-ffast-math|-Ofast")
    message(FATAL_ERROR "pictor_add_plugin: -ffast-math and -Ofast change the arithmetic of the whole host; leave them out")
  endif()
  set(target ${id}_plugin)
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE pictor::sdk ${arg_LIBRARIES})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_compile_features(${target} PRIVATE cxx_std_20)
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${id}.pictor SUFFIX .so
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_RPATH "$ORIGIN" BUILD_RPATH_USE_ORIGIN ON INSTALL_RPATH "$ORIGIN"
    INSTALL_RPATH_USE_LINK_PATH ON
    LINK_DEPENDS ${PICTOR_ONE_SYMBOL_MAP})
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${PICTOR_ONE_SYMBOL_MAP}
    LINKER:--exclude-libs,ALL LINKER:-z,defs LINKER:-z,now LINKER:-z,relro LINKER:-z,nodelete)
  if(PICTOR_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PICTOR_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  if(arg_INSTALL)
    # Where pictor looks beside itself, whatever the distribution calls its library folder.
    install(TARGETS ${target} LIBRARY DESTINATION lib/pictor/plugins)
  endif()
endfunction()

# What a program needs that loads a plugin which was built with the address sanitizer, as ENVIRONMENT of a test: its
# runtime before all others, and a process that may be looked into, as the search for leaks does. Empty without one.
function(pictor_sanitizer_environment id result)
  get_target_property(own ${id}_plugin COMPILE_OPTIONS)
  set(environment "")
  if("${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${own}" MATCHES "-fsanitize=[a-z,]*address")
    set(compiler ${CMAKE_CXX_COMPILER})
    set(runtime libasan.so)
    if(NOT compiler)
      set(compiler ${CMAKE_C_COMPILER})
    endif()
    if("${CMAKE_C_COMPILER_ID} ${CMAKE_CXX_COMPILER_ID}" MATCHES "Clang")   # with -shared-libasan
      set(runtime libclang_rt.asan-${CMAKE_SYSTEM_PROCESSOR}.so)
    endif()
    execute_process(COMMAND ${compiler} -print-file-name=${runtime} OUTPUT_VARIABLE file OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(environment LD_PRELOAD=${file} PICTOR_ALLOW_CORE=1 UBSAN_OPTIONS=halt_on_error=1)
  endif()
  set(${result} "${environment}" PARENT_SCOPE)
endfunction()

# pictor_add_check_test(ID [ARGUMENTS...])
#
# A test ID_check that keeps the plugin of pictor_add_plugin(ID ...) to the contract: `pictor plugins check` with those
# arguments, such as --param model=... for what it cannot do without. PICTOR_PROGRAM names the program; it is looked for
# beside the SDK. A plugin that was built with -fsanitize=address is watched by it: a leak fails the check life.exit.
function(pictor_add_check_test id)
  if(TARGET pictor)
    set(program $<TARGET_FILE:pictor>)   # built with the flags of the plugin
  else()
    pictor_sanitizer_environment(${id} environment)
    find_program(PICTOR_PROGRAM pictor HINTS ${PICTOR_SDK_PROGRAMS})
    set(program ${PICTOR_PROGRAM})
  endif()
  if(NOT program)
    message(WARNING "pictor_add_check_test: there is no pictor beside the SDK, so ${id} is not checked; "
      "give it as -DPICTOR_PROGRAM=<the program>")
    return()
  endif()
  add_test(NAME ${id}_check COMMAND ${program} plugins check $<TARGET_FILE:${id}_plugin> ${ARGN})
  set_tests_properties(${id}_check PROPERTIES ENVIRONMENT "${environment}")
endfunction()
