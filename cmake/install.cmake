# The library as others find it: find_package(portcullis) and pkg-config.
#   portcullis::token       parse_token(), verify(), KeySet: needs OpenSSL's libcrypto and nothing else
#   portcullis::portcullis  the whole core, with it
# cmake --install build/release --component library --prefix DIR
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(installed core_json core_token core_keys core_limit core_access)
set_target_properties(core_json   PROPERTIES EXPORT_NAME json       OUTPUT_NAME portcullis-json)
set_target_properties(core_token  PROPERTIES EXPORT_NAME token      OUTPUT_NAME portcullis-token)
set_target_properties(core_keys   PROPERTIES EXPORT_NAME keys       OUTPUT_NAME portcullis-keys)
set_target_properties(core_limit  PROPERTIES EXPORT_NAME limit      OUTPUT_NAME portcullis-limit)
set_target_properties(core_access PROPERTIES EXPORT_NAME portcullis OUTPUT_NAME portcullis)
foreach(target ${installed})
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/portcullis)
install(TARGETS ${installed} EXPORT portcullis ARCHIVE COMPONENT library)
install(DIRECTORY include/portcullis DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT portcullis NAMESPACE portcullis:: FILE portcullis-targets.cmake DESTINATION ${package} COMPONENT library)
# Before 1.0 a minor version may change what is declared in include/portcullis.
write_basic_package_version_file(portcullis-config-version.cmake COMPATIBILITY SameMinorVersion)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/portcullis-config.cmake
     "include(CMakeFindDependencyMacro)\nfind_dependency(OpenSSL 3.0 COMPONENTS Crypto)\n"
     "include(\${CMAKE_CURRENT_LIST_DIR}/portcullis-targets.cmake)\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/portcullis-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/portcullis-config-version.cmake
        DESTINATION ${package} COMPONENT library)

configure_file(cmake/portcullis.pc.in portcullis.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/portcullis.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
