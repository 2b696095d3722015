#include "world/tenant/tenant_control.h"

#include <charconv>

#include "world/encoding/loopback.h"
#include "world/encoding/target.h"

namespace portcullis::world {
namespace {

constexpr std::int64_t farthest_offset = 10L * 366 * 24 * 3600;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

net::HttpResponse done() {
  return {204, {{"Cache-Control", "no-store"}}, {}};
}

net::HttpResponse set_clock(const Fields& fields, TenantClock& clock) {
  const auto offset = whole_number(value_of(fields, "offset"));
  if (!offset || *offset > farthest_offset || *offset < -farthest_offset)
    return json_answer(invalid_request("offset is a number of seconds, at most ten years either way"));
  clock.set_offset(std::chrono::seconds{*offset});
  return done();
}

net::HttpResponse rotate(const Fields& fields, Mint& mint) {
  const std::string_view revoke = value_of(fields, "revoke");
  if (!revoke.empty() && revoke != "previous") return json_answer(invalid_request("revoke can be: previous"));
  auto kept = mint.rotate();
  if (kept && !revoke.empty()) kept = mint.revoke_previous();
  if (!kept) return json_answer(OAuthError{500, "server_error", kept.error()});
  return done();
}

}  // namespace

net::HttpResponse TenantControl::answer(const net::HttpRequest& request, TenantClock& clock, TenantState& state) {
  const OAuthError nothing{404, "not_found", "This stand-in has nothing at that address"};
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view credentials = request.headers.first("Authorization");
  // A page of another site cannot send this header unasked, nor may its name resolve to us (DNS rebinding)
  const bool may = !secret_.empty() && names_loopback(request.headers.first("Host")) &&
                   credentials.starts_with(scheme) && same_secret(secret_, credentials.substr(scheme.size()));
  if (!may || request.method != "POST") return json_answer(nothing);
  const auto fields = body_parameters(request);
  if (!fields) return json_answer(fields.error());
  const std::string_view what = path_of(request.target).substr(control_prefix.size());
  if (what == "clock") return set_clock(*fields, clock);
  if (what == "rotate") return rotate(*fields, state.mint);
  if (what == "faults") return set_fault(*fields);
  return json_answer(nothing);
}

net::HttpResponse TenantControl::set_fault(const Fields& fields) {
  const std::string path{value_of(fields, "path")};
  const auto status = whole_number(value_of(fields, "status"));
  if (!path.starts_with('/') || !status || (*status != 0 && (*status < 400 || *status > 599)))
    return json_answer(invalid_request("path begins with a slash; status is 400 to 599, or 0 to end the fault"));
  faults_.erase(path);
  if (*status == 0) return done();
  if (faults_.size() >= most_faults) return json_answer(invalid_request("Too many faults: end one first"));
  faults_[path] = static_cast<int>(*status);
  return done();
}

std::optional<net::HttpResponse> TenantControl::fault(std::string_view path) const {
  const auto found = faults_.find(path);
  if (found == faults_.end()) return std::nullopt;
  return json_answer(OAuthError{found->second, "temporarily_unavailable", "A fault that was ordered"});
}

}  // namespace portcullis::world
