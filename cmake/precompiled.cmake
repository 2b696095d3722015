# What nearly every file includes, parsed once a build instead of once a file. Only for tests and for sanitized
# builds: a layer that forgets an #include must not compile in the plain build, which is the one that is shipped.
#
#   precompiled_standard   for layers       target_precompile_headers(… REUSE_FROM precompiled_standard)
#   precompiled_tests      for their tests
#
# A header counts only for files compiled with the same options; these targets have no code, but those options.
set(standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <functional> <map> <memory> <mutex> <optional>
    <set> <span> <string> <string_view> <utility> <variant> <vector>)
file(CONFIGURE OUTPUT nothing.cpp CONTENT "")

if(PORTCULLIS_SANITIZE)
  add_library(precompiled_standard OBJECT ${CMAKE_BINARY_DIR}/nothing.cpp)
  target_link_libraries(precompiled_standard PRIVATE portcullis_warnings)
  target_precompile_headers(precompiled_standard PRIVATE ${standard_headers})
endif()

if(PORTCULLIS_TESTS)
  add_library(precompiled_tests OBJECT ${CMAKE_BINARY_DIR}/nothing.cpp)
  set_target_properties(precompiled_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(precompiled_tests PRIVATE -fPIE ${not_attacked} -O0)  # as tests are compiled
  target_link_libraries(precompiled_tests PRIVATE portcullis_warnings GTest::gtest GTest::gmock)
  target_precompile_headers(precompiled_tests PRIVATE ${standard_headers} <filesystem> <fstream> <random> <sstream>
                            <thread> <gmock/gmock.h> <gtest/gtest.h>)
endif()
