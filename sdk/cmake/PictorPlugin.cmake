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

# pictor_add_check_test(ID [ARGUMENTS...])
#
# A test ID_check that keeps the plugin of pictor_add_plugin(ID ...) to the contract: `pictor plugins check` with those
# arguments, such as --param model=... for what it cannot do without. PICTOR_PROGRAM names the program; it is looked for
# beside the SDK.
function(pictor_add_check_test id)
  if(TARGET pictor)
    set(program $<TARGET_FILE:pictor>)
  else()
    find_program(PICTOR_PROGRAM pictor HINTS ${PICTOR_SDK_PROGRAMS})
    set(program ${PICTOR_PROGRAM})
  endif()
  if(NOT program)
    message(WARNING "pictor_add_check_test: there is no pictor beside the SDK, so ${id} is not checked; "
      "give it as -DPICTOR_PROGRAM=<the program>")
    return()
  endif()
  add_test(NAME ${id}_check COMMAND ${program} plugins check $<TARGET_FILE:${id}_plugin> ${ARGN})
endfunction()
