// What was built, and with what.
#pragma once

#include <string>

namespace portcullis {

/// "0.1.0" (semantic versioning).
std::string version();
/// The cryptographic library as it names itself at run time: "OpenSSL 3.0.19 …".
std::string crypto_library();

}  // namespace portcullis
