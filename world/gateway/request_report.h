// One finished request, told: the line on the terminal and what the page may read about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/time.h"
#include "world/gateway/routed_request.h"

namespace portcullis::world {

struct RequestReport {
  /// Whether the authorizer was asked for this request, an earlier answer of it was used, or neither:
  /// an open route, no credential, an unknown path, a preflight.
  enum class Asked : std::uint8_t { no, fresh, cached };
  WallTime time;
  std::string id;              // x-amzn-RequestId
  std::uint64_t sequence = 0;  // 1, 2, 3 … as the reports come; 0 before it is known
  std::string method;
  std::string target;  // as received; the query is not shown: it may hold secrets
  int status = 0;
  Asked asked = Asked::no;
  std::string reason;
  std::string detail;
  std::vector<std::string> missing;
  std::string trace;       // the authorizer's trace, a JSON array; empty when there is none
  std::string decided_by;  // the id of the request whose decision it was; empty where nobody decided

  /// Which request it was, and with what it was answered at last.
  void tell(const RoutedRequest& request, int answered_with, WallTime now);
};

/// For a terminal: printable ASCII stays, every other byte becomes \xNN, and what is too long is cut.
std::string printable(std::string_view text);

enum class Colours : std::uint8_t { off, on };

/// `12:00:09  POST /dev/api/private   401  no_credentials`, local time, without a line end. Whatever
/// came from the client is escaped, so nothing of it moves a cursor or starts a line.
std::string request_line(const RequestReport& report, Colours colours);
/// The same as JSON, for the page: with what it means and what to do, the detail and the trace.
std::string request_json(const RequestReport& report);

}  // namespace portcullis::world
