# One CMake target a folder. A layer sees the contract, its own folder and what it NEEDS; the test
# tests/rules checks every #include against the same edges.
#
#   portcullis_layer(token IN core NEEDS json PRIVATELY OpenSSL::Crypto)
#
# All *.cpp of the folder belong to the layer, except NAME_test.cpp (GoogleTest), NAME_fuzz.cpp
# (libFuzzer) and main.cpp (an executable's own).
function(portcullis_layer name)
  cmake_parse_arguments(LAYER "" "IN" "NEEDS;PRIVATELY" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/${LAYER_IN}/${name})
  set(target ${LAYER_IN}_${name})
  if(NOT LAYER_IN)  # a folder of the top level: the local world
    set(folder ${CMAKE_SOURCE_DIR}/${name})
    set(target ${name})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cpp)
  if(PORTCULLIS_SANITIZE STREQUAL "thread" AND NOT name MATCHES "^(net|serve)$")
    foreach(test ${tests})  # of tests on one thread it has nothing to say
      file(STRINGS ${test} threads REGEX "std::(thread|async)" LIMIT_COUNT 1)
      if(NOT threads)
        list(REMOVE_ITEM tests ${test})
      endif()
    endforeach()
  endif()
  file(GLOB fuzzers CONFIGURE_DEPENDS ${folder}/*_fuzz.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cpp$")

  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                             $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  foreach(needed ${LAYER_NEEDS})
    target_link_libraries(${target} PUBLIC ${needed})
  endforeach()
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:portcullis_warnings> ${LAYER_PRIVATELY})
  if(TARGET precompiled_standard)
    target_precompile_headers(${target} REUSE_FROM precompiled_standard)
  endif()

  if(PORTCULLIS_TESTS AND tests)
    add_executable(${target}_test ${tests})
    # Tests are compiled in three builds and run once, so the compiler hurries; but generated cases are many.
    set(hurried ${tests})
    list(FILTER hurried EXCLUDE REGEX "(_property|_mutation)_test\\.cpp$")
    set_source_files_properties(${hurried} PROPERTIES COMPILE_OPTIONS -O0)
    if(TARGET precompiled_tests)
      target_precompile_headers(${target}_test REUSE_FROM precompiled_tests)
      set(unhurried ${tests})
      list(REMOVE_ITEM unhurried ${hurried})
      set_source_files_properties(${unhurried} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
    target_compile_definitions(${target}_test PRIVATE PORTCULLIS_SOURCE="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target}_test PRIVATE ${target} portcullis_warnings ${LAYER_PRIVATELY}
                          GTest::gtest GTest::gmock GTest::gtest_main OpenSSL::Crypto)  # tests sign tokens
    target_compile_options(${target}_test PRIVATE ${not_attacked})
    add_test(NAME ${target} COMMAND ${target}_test)
    set_tests_properties(${target} PROPERTIES LABELS "${LAYER_IN};${name}" TIMEOUT 300)
    if(NOT hurried STREQUAL tests)
      set_tests_properties(${target} PROPERTIES COST 100)  # begins first, so that nothing waits for it alone at the end
    endif()
  endif()
  if(PORTCULLIS_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(fuzz_name ${fuzzer} NAME_WE)
      add_executable(${fuzz_name} ${fuzzer})
      target_compile_definitions(${fuzz_name} PRIVATE PORTCULLIS_SOURCE="${CMAKE_SOURCE_DIR}")
      target_link_libraries(${fuzz_name} PRIVATE ${target} portcullis_warnings ${LAYER_PRIVATELY})
      target_link_options(${fuzz_name} PRIVATE -fsanitize=fuzzer)
      # As a test: the seeds, then new inputs for a moment. What it learns does not go among the seeds.
      string(REGEX REPLACE "_fuzz$" "" attacked ${fuzz_name})
      file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/learned/${attacked})
      add_test(NAME ${fuzz_name} COMMAND ${fuzz_name} -max_total_time=2 -timeout=5 -rss_limit_mb=2048 -verbosity=0
               -artifact_prefix=${CMAKE_BINARY_DIR}/learned/ ${CMAKE_BINARY_DIR}/learned/${attacked}
               ${CMAKE_SOURCE_DIR}/tests/corpus/${attacked})
      set_tests_properties(${fuzz_name} PROPERTIES LABELS fuzz TIMEOUT 60)
    endforeach()
  endif()
endfunction()
