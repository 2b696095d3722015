// The keys that a bundle brings along: jwks.json beside bootstrap.
//   {"issuer": "https://tenant.example.com/", "fetched_at": 1767225600, "jwks": {"keys": […]}}, or a list of them
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge/system/log.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis::lambda {

struct InitialKeysFile {
  std::vector<InitialKeys> entries;
  std::vector<std::string> faults;  // entries that are of no use, and why
};

/// @returns why the text is no JSON. Whatever else is wrong with an entry is one of its faults.
Result<InitialKeysFile, std::string> parse_initial_keys(std::string_view text);

/// Writes one entry as parse_initial_keys() reads it. @returns why `jwks` is no key set; nothing is written then
Result<Done, std::string> write_initial_keys(JsonWriter& json, const std::string& issuer, WallTime fetched_at,
                                             std::string_view jwks);

/// What became of a file of initial keys.
struct Adoption {
  std::vector<std::string> issuers;  // whose keys are used from now on
  std::vector<std::string> ignored;  // sentences: whose are not, and why
};

/// Hands the file's keys to the authorizer; no such file is no keys.
/// @returns why the file is no JSON: it was cut short or is another, and a start must say so
Result<Adoption, std::string> adopt_initial_keys(const std::string& file, const Authorizer& authorizer, Now now);

/// One line for each issuer whose keys are used, and one for each that is ignored.
void log_adoption(const Adoption& adoption, system::Log log);

}  // namespace portcullis::lambda
