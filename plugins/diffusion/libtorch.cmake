# Finds libtorch and makes the target `libtorch`. In this order: the one that Torch_DIR names, the one that python3 imports
# (the newest on most machines, the CUDA build where there is one), Debian's. Tells which one it took.

# Python's torch is linked by its files: its own TorchConfig.cmake wants a CUDA toolkit for a CUDA build, which drawing does
# not need.
function(find_torch_of_python)
  find_program(PICTOR_PYTHON NAMES python3 DOC "The Python whose torch the diffusion plugin uses, if it has one")
  if(NOT PICTOR_PYTHON)
    return()
  endif()
  execute_process(
    COMMAND ${PICTOR_PYTHON} -c "import os, torch; print(os.path.dirname(torch.__file__), torch.__version__, \
torch.version.cuda or 'none', int(torch.compiled_with_cxx11_abi()), sep=';')"
    OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    return()
  endif()
  list(GET answer 0 folder)
  list(GET answer 1 version)
  list(GET answer 2 cuda)
  list(GET answer 3 cxx11_abi)
  if(version VERSION_LESS 1.13 OR NOT EXISTS ${folder}/include/ATen/ATen.h OR NOT EXISTS ${folder}/lib/libtorch_cpu.so)
    message(STATUS "libtorch: not ${PICTOR_PYTHON}'s torch ${version}: it is older than 1.13 or lacks its headers")
    return()
  endif()
  set(libraries ${folder}/lib/libtorch_cpu.so ${folder}/lib/libc10.so)
  if(NOT cuda STREQUAL none)
    # Named, since the kernels that device: cuda needs are no symbols.
    list(PREPEND libraries -Wl,--no-as-needed ${folder}/lib/libtorch_cuda.so ${folder}/lib/libc10_cuda.so -Wl,--as-needed)
  endif()
  add_library(libtorch INTERFACE)
  target_include_directories(libtorch SYSTEM INTERFACE
    ${folder}/include ${folder}/include/torch/csrc/api/include)
  target_compile_definitions(libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=${cxx11_abi})
  target_link_libraries(libtorch INTERFACE ${libraries})
  message(STATUS "libtorch: ${version} of ${PICTOR_PYTHON} (CUDA: ${cuda})")
  if(NOT cuda STREQUAL none AND version VERSION_GREATER_EQUAL 2.4)
    use_cuda_headers(${folder})
  endif()
endfunction()

# With CUDA's headers, which pip's torch brings in a package beside it, the steps of a drawing are captured and some kernels
# are our own.
function(use_cuda_headers folder)
  file(GLOB beside ${folder}/../nvidia/cu*/include ${folder}/../nvidia/cuda_runtime/include)
  find_path(PICTOR_CUDA_INCLUDE_DIR cuda_runtime_api.h HINTS ${beside} PATHS /usr/local/cuda/include
    DOC "Where cuda_runtime_api.h is, of the CUDA that libtorch was built for")
  if(NOT PICTOR_CUDA_INCLUDE_DIR)
    message(STATUS "libtorch: slower on GPUs without CUDA's headers; -DPICTOR_CUDA_INCLUDE_DIR= names its folder")
    return()
  endif()
  target_include_directories(libtorch SYSTEM INTERFACE ${PICTOR_CUDA_INCLUDE_DIR})
  target_compile_definitions(libtorch INTERFACE PICTOR_CUDA_HEADERS=1)
endfunction()

function(find_torch_of_package)
  find_package(Torch REQUIRED)
  add_library(libtorch INTERFACE)
  target_include_directories(libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(libtorch INTERFACE ${TORCH_LIBRARIES})
  message(STATUS "libtorch: ${Torch_VERSION} of ${Torch_DIR}")
  if(Torch_VERSION VERSION_LESS 2)
    message(STATUS "libtorch: a 2.x one draws faster, with fused attention and newer kernels: pip install torch, then "
      "configure afresh; -DPICTOR_PYTHON=/path/to/python3 names a virtual environment's")
  endif()
endfunction()

if(NOT TARGET libtorch)
  if(NOT Torch_DIR)
    find_torch_of_python()
  endif()
  if(NOT TARGET libtorch)
    find_torch_of_package()
  endif()
endif()
