// portcullis token: a token from the local tenant by its ordinary endpoint, for curl.
#include <array>

#include "doors/cli/commands.h"
#include "doors/cli/output.h"
#include "edge/config/values.h"
#include "edge/net/http_client.h"
#include "portcullis/json.h"

namespace portcullis::cli {
namespace {

using std::chrono::milliseconds;

// The people and clients that the local tenant knows from the start (design.md §5). They exist nowhere else.
struct Known {
  std::string_view name, secret;
};
constexpr std::array<Known, 2> people{{{"ada@example.com", "lovelace"}, {"grace@example.com", "hopper"}}};
constexpr std::array<Known, 1> machines{{{"demo-machine", "demo-machine-secret"}}};
constexpr std::string_view page_client = "demo-spa";

std::string form_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

class Form {
 public:
  Form& add(std::string_view name, std::string_view value) {
    text_ += (text_.empty() ? "" : "&") + std::string{name} + '=' + form_encode(value);
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::optional<Known> find(std::span<const Known> known, const std::string& name) {
  for (const Known& entry : known)
    if (entry.name == name || entry.name == name + "@example.com") return entry;
  return std::nullopt;
}

// "30s", "-1m": seconds, negative for a token that has expired already.
std::optional<std::int64_t> lifetime_seconds(std::string_view text) {
  const bool past = text.starts_with('-');
  const auto duration = config::parse_duration(past ? text.substr(1) : text);
  if (!duration) return std::nullopt;
  return past ? -duration->count() : duration->count();
}

std::optional<Form> form_of(const TokenOptions& options) {
  Form form;
  if (const auto machine = options.client ? find(machines, *options.client) : std::nullopt) {
    form.add("grant_type", "client_credentials").add("client_id", machine->name).add("client_secret", machine->secret);
  } else {
    const auto person = find(people, options.user);
    if (!person) {
      (void)complain("the local tenant knows ada@example.com and grace@example.com");
      return std::nullopt;
    }
    form.add("grant_type", "password").add("client_id", options.client.value_or(std::string{page_client}));
    form.add("username", person->name).add("password", person->secret);
  }
  form.add("audience", options.audience);
  if (options.scope) form.add("scope", *options.scope);
  if (options.lifetime) {
    const auto seconds = lifetime_seconds(*options.lifetime);
    if (!seconds) {
      (void)complain("--lifetime is a duration like 10m, 1h or -1m");
      return std::nullopt;
    }
    form.add("lifetime", std::to_string(*seconds));
  }
  if (options.key == TokenOptions::SigningKey::unknown) form.add("signing_key", "unknown");
  return form;
}

std::string refusal_in(const net::HttpResponse& response) {
  const auto document = JsonDocument::parse(response.body, {.bytes = 64 * 1024});
  const auto text = document ? document->root().find("error_description") : std::nullopt;
  return text && text->string() ? std::string{*text->string()} : "HTTP status " + std::to_string(response.status);
}

}  // namespace

int token(const TokenOptions& options) {
  const auto form = form_of(options);
  if (!form) return exit_usage;
  const std::string tenant = options.tenant + (options.tenant.ends_with('/') ? "" : "/");
  const auto url = net::Url::parse(tenant + "oauth/token");
  if (!url) return complain("--tenant is the tenant's URL, like http://localhost:3001/");
  if (!url->is_loopback())
    return complain("--tenant must be on this machine: the demo passwords are for the local tenant alone");
  net::HttpRequest request;
  request.method = "POST";
  request.target = url->target;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = form->text();
  net::HttpClient client{*url, {.connect = milliseconds{2'000}, .total = milliseconds{10'000}}};
  const auto response = client.exchange(request);
  if (!response) {
    (void)complain(response.error().message + "; is the local world running? Start it with: portcullis dev");
    return exit_undecided;
  }
  if (response->status != 200) {
    (void)complain("the tenant refused: " + refusal_in(*response));
    return exit_denied;
  }
  const auto document = JsonDocument::parse(response->body, {.bytes = 64 * 1024});
  const auto issued = document ? document->root().find("access_token") : std::nullopt;
  if (!issued || !issued->string()) return complain("what answered at " + url->origin() + " is not the local tenant");
  print_line(*issued->string());
  return exit_fine;
}

}  // namespace portcullis::cli
