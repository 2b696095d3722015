#include "doors/serve/proxy_configuration.h"

#include <algorithm>
#include <array>

#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

struct Known {
  std::string_view name;
  ProxyText (*text)(const ProxyFacts&);
};
constexpr std::array known{Known{"nginx", nginx_configuration}, Known{"traefik", traefik_configuration},
                           Known{"caddy", caddy_configuration}, Known{"haproxy", haproxy_configuration},
                           Known{"envoy", envoy_configuration}, Known{"gateway-api", gateway_api_configuration}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> names_for_clients(const Rules& rules) {
  std::vector<std::string> names;
  if (rules.dpop.nonce == DpopNonce::required) names.emplace_back("DPoP-Nonce");
  if (rules.limits.empty()) return names;
  const bool current = rules.limit_headers == LimitHeaders::current || rules.limit_headers == LimitHeaders::both;
  const bool legacy = rules.limit_headers == LimitHeaders::legacy || rules.limit_headers == LimitHeaders::both;
  if (current) names.insert(names.end(), {"RateLimit", "RateLimit-Policy"});
  if (legacy) names.insert(names.end(), {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"});
  return names;
}

std::string trust_in_words(const config::ServeSettings& serve) {
  if (!serve.listen.socket.empty())
    return "Whoever can write to the socket may ask: its owner and its group. A proxy whose user (nginx: its "
           "workers')\n"
           "# cannot answers 503 to everything, and its error log says so. HAProxy looks for it inside its chroot.";
  if (serve.proxies.empty())
    return "serve.proxies is empty, so nobody may ask yet: list the address this proxy asks from.";
  std::string text = "It must ask from an address of serve.proxies:";
  for (const IpNetwork& network : serve.proxies) text += ' ' + network.text();
  return text;
}

ProxyFacts facts_of(const config::Config& config) {
  ProxyFacts facts{config.serve.listen, {}, names_for_clients(config.rules), trust_in_words(config.serve)};
  for (const config::IdentityHeader& header : config.serve.identity) facts.identity.push_back(header.name);
  return facts;
}

/// Without meaning in the language of any proxy.
bool is_plain_file_name(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-"}.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<Proxy> proxy_named(std::string_view name) noexcept {
  const auto* found = std::find_if(known.begin(), known.end(), [&](const Known& one) { return one.name == name; });
  if (found == known.end()) return std::nullopt;
  return static_cast<Proxy>(found - known.begin());
}

std::string proxy_names() {
  std::string text;
  for (const Known& one : known) text += (text.empty() ? "" : ", ") + std::string{one.name};
  return text;
}

Result<std::string, NoConfiguration> proxy_configuration(Proxy proxy, const config::Config& config) {
  const config::Listening& listen = config.serve.listen;
  if (!is_plain_file_name(listen.socket))
    return NoConfiguration{
        "serve.listen names a socket that not every proxy can read; give it a path of letters, digits, "
        "/ . _ and -"};
  if (listen.socket.empty() && listen.port == 0)
    return NoConfiguration{"serve.listen has port 0, a different one at each start; give it a port of its own"};
  return known[static_cast<std::size_t>(proxy)].text(facts_of(config));
}

std::string filled_in(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string>> values) {
  std::string whole{text};
  for (const auto& [name, value] : values) whole = replaced(std::move(whole), '%' + std::string{name} + '%', value);
  return whole;
}

std::string host_of(const config::Listening& listen) {
  if (listen.address == "0.0.0.0") return "127.0.0.1";
  if (listen.address == "::") return "[::1]";
  return listen.address.find(':') == std::string::npos ? listen.address : '[' + listen.address + ']';
}

std::string authority_of(const config::Listening& listen) {
  return host_of(listen) + ':' + std::to_string(listen.port);
}

std::string in_small_letters(std::string_view name) {
  std::string small{name};
  for (char& c : small) c = lower(c);
  return small;
}

std::string line_for_each(const std::vector<std::string>& names, std::string_view line) {
  std::string text;
  for (const std::string& name : names) {
    const std::string small = in_small_letters(name);
    text += filled_in(line, {{"H", name}, {"h", small}, {"v", replaced(small, "-", "_")}}) + '\n';
  }
  return text;
}

std::vector<std::string> spellings_of(std::string_view name, std::string_view separators) {
  std::vector<std::string> spellings{std::string{name}};
  for (std::size_t at = name.find('-'); at != name.npos; at = name.find('-', at + 1)) {
    const std::size_t so_far = spellings.size();
    for (const char separator : separators) {
      for (std::size_t i = 0; i < so_far; ++i) {
        spellings.push_back(spellings[i]);
        spellings.back()[at] = separator;
      }
    }
  }
  return spellings;
}

}  // namespace portcullis::serve
