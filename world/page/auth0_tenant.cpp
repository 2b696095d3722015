#include "world/page/auth0_tenant.h"

#include "edge/net/http_client.h"
#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

constexpr std::size_t longest_value = 512;
using Outcome = Result<std::optional<Auth0Tenant>, std::string>;

bool is_given(const std::optional<std::string>& option) {
  return option && !option->empty();
}

std::string missing_of(const Auth0Options& options) {
  std::string missing;
  const auto note = [&](const auto& option, const std::string& name) {
    if (!is_given(option)) missing += (missing.empty() ? "" : ", ") + name;
  };
  note(options.domain, "--auth0-domain");
  note(options.client_id, "--auth0-client-id");
  note(options.audience, "--auth0-audience");
  return missing;
}

/// One line of well-formed UTF-8 without control characters: what a name can be.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > longest_value) return false;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (length == 0 || first < 0x20 || first == 0x7F) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<net::Url, std::string> domain_from(std::string_view written) {
  const bool bare = written.find("://") == std::string_view::npos;
  const auto url = net::Url::parse((bare ? "https://" : "") + std::string{written});
  if (!url) return std::string{"--auth0-domain: not a host. Write it like example.eu.auth0.com"};
  if (url->scheme != "https") return std::string{"--auth0-domain: the scheme must be https"};
  if (url->target != "/" || written.ends_with('?'))
    return std::string{"--auth0-domain: a domain has no path and no query. Write it like example.eu.auth0.com"};
  return *url;
}

}  // namespace

Outcome auth0_tenant_from(const Auth0Options& options) {
  if (!options.domain && !options.client_id && !options.audience) return std::optional<Auth0Tenant>{};
  if (const std::string missing = missing_of(options); !missing.empty())
    return "--auth0-domain, --auth0-client-id and --auth0-audience belong together; missing: " + missing;
  auto domain = domain_from(*options.domain);
  if (!domain) return domain.error();
  if (!is_name(*options.client_id))
    return std::string{"--auth0-client-id: not a client's identifier. Copy it from the application's settings"};
  if (!is_name(*options.audience))
    return std::string{"--auth0-audience: not an API's identifier. Copy it from the API's settings"};
  const std::string host = domain->origin().substr(std::string_view{"https://"}.size());
  return std::optional{Auth0Tenant{host, *options.client_id, *options.audience}};
}

}  // namespace portcullis::world
