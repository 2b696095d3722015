// What is made of the secret seed and does not tell it.
#pragma once

#include <cstdint>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis {

/// A seed for something that need not be secret, like the spread of pauses. Each purpose has its own.
std::uint64_t derived_seed(const Secrets& secrets, std::string_view purpose);

}  // namespace portcullis
