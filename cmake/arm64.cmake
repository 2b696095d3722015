# Toolchain: from another Debian machine to arm64. Libraries of Debian's arm64 packages; what cannot be
# installed beside this machine's own lies in build/arm64 (scripts/unpack_arm64.sh).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
list(APPEND CMAKE_PREFIX_PATH ${CMAKE_CURRENT_LIST_DIR}/../build/arm64/usr)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig)  # else the other machine's OpenSSL is found
