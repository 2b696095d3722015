// The statements of check --never:
//
//   STATEMENT = ("any route" | ROUTE) "is" ("public" | "allowed" { ("with" | "without") THINGS })
//   THINGS    = THING { "and" THING } | THING { "or" THING }
//   THING     = an atom as in `access` | "acr:NAME" | "max_age:DURATION" | "sender:dpop" | "sender:mtls"
//             | "token", alone
//
// "without" denies the whole of what follows, up to the next "with" or "without". A word in 'quotes' may hold
// blanks.
#pragma once

#include <string>
#include <string_view>

#include "core/access/never.h"

namespace portcullis::cli {

struct StatementFault {
  std::size_t column;  // of the character, from 1
  std::string message;
};

Result<Statement, StatementFault> parse_statement(std::string_view text);

}  // namespace portcullis::cli
