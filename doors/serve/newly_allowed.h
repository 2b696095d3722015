// What a new configuration allows that the running one does not: the one thing about a reload that nobody may overlook.
#pragma once

#include <string>
#include <vector>

#include "edge/config/config.h"

namespace portcullis::serve {

/// One thing that becomes possible, and where.
struct NewlyAllowed {
  std::string route;  // as written in the new rules; "unlisted requests", "every route", "serve"
  std::string why;    // "was authenticated, is public"
};

/// Errs on the side of telling: what cannot be compared cheaply is told. Empty: nothing that was refused is allowed
/// now. Keys that an issuer publishes are its own affair and not compared.
std::vector<NewlyAllowed> newly_allowed(const config::Config& before, const config::Config& after);

}  // namespace portcullis::serve
