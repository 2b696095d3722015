// Every route as one caller sees it.
#pragma once

#include <optional>

#include "portcullis/authorizer.h"

namespace portcullis {

/// What Authorizer::grants() says.
Grants grants_of(const Rules& rules, const std::optional<VerifiedToken>& caller);

}  // namespace portcullis
