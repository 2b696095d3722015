# bootstrap for provided.al2023, whose glibc is older than ours: everything inside, but relocatable, so that
# addresses are random and the unwinder finds its table.
target_compile_definitions(bootstrap PRIVATE PORTCULLIS_STATIC)
target_link_options(bootstrap PRIVATE -static-pie -s -Wl,--build-id=none)
target_link_options(bootstrap PRIVATE -Wl,-T,${CMAKE_CURRENT_LIST_DIR}/start_order.ld)
set_target_properties(bootstrap PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/start_order.ld)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)  # Debian's linker for arm64 does not know it
  target_link_options(bootstrap PRIVATE -Wl,-z,pack-relative-relocs)  # 23,000 relocations in 7 KB, not in 550
endif()
# What a static glibc cannot do is a warning of the linker. Those that are known fail nothing; another does.
set_target_properties(bootstrap PROPERTIES RULE_LAUNCH_LINK ${CMAKE_SOURCE_DIR}/scripts/link_static.sh)
