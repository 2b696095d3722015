// Whether the request comes from whom the token was issued to.
#pragma once

#include "portcullis/result.h"
#include "portcullis/token.h"

namespace portcullis {

/// A token bound to its sender is worth nothing without the proof (RFC 9449 §7.2, RFC 8705 §3).
/// @returns  dpop_missing, certificate_mismatch
Result<Done> check_sender(const VerifiedToken& token);

}  // namespace portcullis
