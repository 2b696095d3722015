// What tests and curious people may do to a tenant: move its clock, rotate its keys, make it fail.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "world/tenant/tenant_clock.h"
#include "world/tenant/tenant_state.h"

namespace portcullis::world {

inline constexpr std::string_view control_prefix = "/_portcullis/control/";

/// POST with `Authorization: Bearer SECRET`, the secret of the state directory:
///   clock   offset=SECONDS          from the machine's time, at most ten years either way
///   rotate  [revoke=previous]       next key signs; with revoke the previous one is published no more
///   faults  path=/…&status=503      answers there from now on; status=0 ends it
/// Without a secret (a world that others can reach) there is nothing to control: 404.
class TenantControl {
 public:
  explicit TenantControl(std::string secret) : secret_(std::move(secret)) {}

  net::HttpResponse answer(const net::HttpRequest& request, TenantClock& clock, TenantState& state);
  /// The answer that was ordered for this path.
  std::optional<net::HttpResponse> fault(std::string_view path) const;

 private:
  net::HttpResponse set_fault(const Fields& fields);

  static constexpr std::size_t most_faults = 16;
  std::string secret_;  // empty: no control
  std::map<std::string, int, std::less<>> faults_;
};

}  // namespace portcullis::world
