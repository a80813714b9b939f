# -P script: SDK_BUILD (a build tree's sdk folder), WORK (a folder of its own), CXX, CC, GENERATOR.
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${SDK_BUILD} --prefix ${WORK}/prefix)
file(COPY ${WORK}/prefix/share/pictor/template/sync/ DESTINATION ${WORK}/project)
run(${CMAKE_COMMAND} -S ${WORK}/project -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_C_COMPILER=${CC}
  -DCMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Wpedantic\ -Werror)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --no-tests=error --output-on-failure)

execute_process(COMMAND nm -D --defined-only ${WORK}/build/template.pictor.so
  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES "^[0-9a-f]+ T pictor_plugin_v1\n$")
  message(FATAL_ERROR "the plugin must export pictor_plugin_v1 alone, not:\n${symbols}")
endif()
