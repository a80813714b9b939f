# -P script: BUILD (a build tree), WORK (a folder of its own). What is installed works from anywhere:
# it finds its plugins beside itself, also after the whole folder was moved.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${WORK}/first ${WORK}/moved)
file(COPY ${BUILD}/lib/pictor/plugins/template.pictor.so
  DESTINATION ${WORK}/moved/lib/pictor/plugins)
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=PICTOR_PLUGIN_PATH
  ${WORK}/moved/bin/pictor plugins --format json
  WORKING_DIRECTORY / OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
if(NOT listing MATCHES "\"path\": \"${WORK}/moved/lib/pictor/plugins/template.pictor.so\"")
  message(FATAL_ERROR "the installed program does not find its plugins:\n${listing}")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=PICTOR_PLUGIN_PATH
  ${WORK}/moved/bin/pictor generate moved -m template -s 1 -o ${WORK}/moved.png
  WORKING_DIRECTORY / OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
if(NOT EXISTS ${WORK}/moved.png)
  message(FATAL_ERROR "the installed program drew nothing")
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files
  ${BUILD}/share/pictor/prices.yaml ${WORK}/moved/share/pictor/prices.yaml
  COMMAND_ERROR_IS_FATAL ANY)
