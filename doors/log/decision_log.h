// A decision as one log line: everything the person on call needs, nothing that can be replayed.
#pragma once

#include <string>
#include <string_view>

#include "edge/system/log.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace portcullis {

/// Adds outcome, reason, enforced, status, route, detail, missing, limit (if one applied), issuer, kid and hashes to
/// `line`.
void describe(const Decision& decision, const Secrets& secrets, system::LogLine& line);

/// The token of a request, as lines tell of it (token_hash()); empty: there is none, or not one alone. Of other schemes
/// nothing is told: a password's hash (Basic, RFC 7617) could be guessed at.
std::string credential_hash(const Request& request);

/// The limit to tell of as a JSON object, {"name","remaining","reset"}: the seconds until more may be had, and of a
/// refusal those of Retry-After. null: none applied.
void write_limit(JsonWriter& json, const Decision& decision);

/// The steps as a JSON array: [{"step","verdict","text","place"}…].
std::string trace_json(const Trace& trace);

/// "allow", "deny", "error": the words of logs and JSON.
std::string_view word_of(Outcome outcome) noexcept;

/// info for an allow, warn for a refusal, error when it could not be decided.
system::LogLevel level_of(const Decision& decision) noexcept;

}  // namespace portcullis
