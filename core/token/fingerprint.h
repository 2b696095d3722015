// What is made of the secret seed and does not tell it.
#pragma once

#include <cstdint>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// A seed that nobody outside can guess, for tables and for the spread of pauses; no key of cryptography. Each purpose
/// has its own.
std::uint64_t derived_seed(const Secrets& secrets, std::string_view purpose);

}  // namespace portcullis
