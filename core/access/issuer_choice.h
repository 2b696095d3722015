// Which configured issuer a token belongs to.
#pragma once

#include <cstddef>

#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis {

/// The configured entry for a token: its exact issuer, then, among entries of one issuer, the audience.
/// @returns  its index, or bad_iss
Result<std::size_t> choose_issuer(const Rules& rules, const UnverifiedToken& token);

}  // namespace portcullis
