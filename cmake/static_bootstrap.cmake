# bootstrap for provided.al2023, whose glibc is older than ours: everything inside, but relocatable, so that
# addresses are random and the unwinder finds its table.
target_compile_definitions(bootstrap PRIVATE PORTCULLIS_STATIC)
target_link_options(bootstrap PRIVATE -static-pie -s -Wl,--build-id=none)
# What a static glibc cannot do is a warning of the linker. Those that are known fail nothing; another does.
set_target_properties(bootstrap PROPERTIES RULE_LAUNCH_LINK ${CMAKE_SOURCE_DIR}/scripts/link_static.sh)
