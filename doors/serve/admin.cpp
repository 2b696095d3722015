#include "doors/serve/admin.h"

#include <algorithm>
#include <array>
#include <optional>

#include "doors/serve/admin_host.h"
#include "doors/serve/field_name.h"
#include "portcullis/ip_address.h"
#include "portcullis/json_writer.h"

namespace portcullis::serve {
namespace {

using Reach = AdminAccess::Reach;

AdminReply message(int status, std::string_view text) {
  JsonWriter json;
  json.begin_object().key("message").string(text).end_object();
  return {status, "application/json", json.text() + '\n'};
}

/// The only field of this name; nullopt: there is none, or more than one.
std::optional<std::string_view> single(const net::ServerRequest& asked, std::string_view name) {
  std::optional<std::string_view> value;
  for (const net::FieldView& field : asked.fields) {
    if (!is_field(field.name, name)) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  return value;
}

// Takes as long for a token that is nearly right as for any other of its length.
bool same_secret(std::string_view given, std::string_view wanted) noexcept {
  if (given.size() != wanted.size()) return false;
  unsigned char different = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    different = static_cast<unsigned char>(different | (given[i] ^ wanted[i]));
  return different == 0;
}

bool has_token(const net::ServerRequest& asked, const AdminAccess& access) {
  constexpr std::string_view scheme = "bearer ";
  const auto value = single(asked, "authorization");
  return !access.token.empty() && value && value->size() > scheme.size() &&
         is_field(value->substr(0, scheme.size()), scheme) && same_secret(value->substr(scheme.size()), access.token);
}

// A name in Host could be one that a web page has pointed here, so that a browser on this machine would carry its
// request in (DNS rebinding). Addresses cannot be pointed anywhere.
bool is_trusted_host(const net::ServerRequest& asked, Reach reach) {
  const auto host = single(asked, "host");
  if (!host) return false;
  if (is_loopback_host(*host)) return true;
  return reach == Reach::beyond && IpAddress::parse_forwarded(*host).has_value();
}

enum class Needs : std::uint8_t {
  nothing,    // probes
  reading,    // on loopback nothing, beyond it the token
  authority,  // changes: the token or the Unix socket
};

struct Endpoint {
  std::string_view path, method;
  Needs needs;
  AdminReply (*reply)(const AdminActions&);
};

constexpr std::array endpoints{
    Endpoint{"/healthz", "GET", Needs::nothing, [](const AdminActions& to) { return to.health(); }},
    Endpoint{"/readyz", "GET", Needs::nothing, [](const AdminActions& to) { return to.readiness(); }},
    Endpoint{"/metrics", "GET", Needs::reading,
             [](const AdminActions& to) {
               return AdminReply{200, "text/plain; version=0.0.4; charset=utf-8", to.metrics()};
             }},
    Endpoint{"/decisions", "GET", Needs::reading,
             [](const AdminActions& to) {
               return AdminReply{200, "application/json", to.decisions()};
             }},
    Endpoint{"/keys", "GET", Needs::reading,
             [](const AdminActions& to) {
               return AdminReply{200, "application/json", to.keys()};
             }},
    Endpoint{"/keys/refresh", "POST", Needs::authority,
             [](const AdminActions&) {
               AdminReply reply;
               reply.when = AdminReply::When::with_keys;
               return reply;
             }},
    Endpoint{"/reload", "POST", Needs::authority, [](const AdminActions& to) { return to.reload(); }},
};

}  // namespace

AdminReply answer_admin(const net::ServerRequest& asked, const AdminAccess& access, const AdminActions& actions) {
  const bool authorised = access.reach == Reach::unix_socket || has_token(asked, access);
  if (!authorised && !is_trusted_host(asked, access.reach))
    return message(403, "the Host is not an address of this machine: ask by 127.0.0.1, [::1] or localhost");
  const std::string_view path = asked.target.substr(0, asked.target.find('?'));
  const auto endpoint =
      std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& one) { return one.path == path; });
  if (endpoint == endpoints.end())
    return message(404,
                   "there are /healthz, /readyz, /metrics, /decisions, /keys, and for POST /keys/refresh, /reload");
  const bool method_fits = asked.method == endpoint->method || (asked.method == "HEAD" && endpoint->method == "GET");
  if (!method_fits) {
    AdminReply reply = message(405, "the method is " + std::string{endpoint->method});
    reply.allow = endpoint->method;
    return reply;
  }
  const bool needs_token =
      endpoint->needs == Needs::authority || (endpoint->needs == Needs::reading && access.reach == Reach::beyond);
  if (needs_token && !authorised)
    return access.token.empty() ? message(403, "changes need serve.admin_token, or a Unix socket as serve.admin")
                                : message(401, "this needs the admin token, as Authorization: Bearer …");
  if (endpoint->needs == Needs::authority) actions.log(endpoint->path, asked.peer);
  return endpoint->reply(actions);
}

}  // namespace portcullis::serve
