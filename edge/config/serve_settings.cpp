#include "edge/config/serve_settings.h"

#include <algorithm>
#include <array>

#include "edge/config/values.h"
#include "portcullis/json.h"

namespace portcullis::config {
namespace {

constexpr std::size_t longest_socket_path = 107;  // sun_path of unix(7), with its final zero
constexpr std::size_t least_admin_token = 16, most_admin_token = 512;
constexpr std::string_view x = "x-";

// What proxies say of the original request; a backend believes it.
constexpr std::array<std::string_view, 5> proxies_own{"x-forwarded-", "x-original-", "x-real-", "x-envoy-",
                                                      "x-ratelimit-"};

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

void read_listening(Reader& reader, const YamlNode& node, Listening& where) {
  const auto text = reader.text(node);
  if (!text) return;
  auto parsed = parse_listening(*text);
  if (!parsed) return reader.fault(node, parsed.error());
  where = *std::move(parsed);
}

void read_admin_token(Reader& reader, const YamlNode& node, ServeSettings& serve) {
  auto token = reader.secret(node);
  if (!token) return;
  const bool visible = std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!visible || token->size() < least_admin_token || token->size() > most_admin_token)
    return reader.fault(node, "'admin_token' has 16 to 512 letters, digits or signs of ASCII, and no blanks");
  serve.admin_token = *std::move(token);
}

void read_proxies(Reader& reader, const YamlNode& node, ServeSettings& serve) {
  if (node.kind == YamlNode::Kind::sequence && node.items.empty()) return;  // nobody
  for (const std::string& text : reader.texts(node)) {
    auto network = IpNetwork::parse(text);
    if (!network) {
      reader.fault(node, "'" + text.substr(0, 64) + "' in 'proxies': " + network.error());
    } else if (text.ends_with("/0")) {
      reader.fault(node,
                   "'" + text + "' in 'proxies' is everybody, who could then claim any address; name the proxies");
    } else {
      serve.proxies.push_back(*std::move(network));
    }
  }
}

// Other names are the proxy's, or HTTP's own, and backends act on them.
std::string fault_of_identity_name(std::string_view written) {
  const std::string name = lower_case(written);
  const bool plain = is_field_name(name) && name.starts_with(x) && name.size() > x.size() && !name.ends_with('-');
  if (!plain)
    return "an identity header begins with X- and has letters, digits and hyphens only, such as X-Auth-Subject";
  for (const std::string_view prefix : proxies_own)
    if (name.starts_with(prefix))
      return "X-Forwarded-, X-Original-, X-Real-, X-Envoy- and X-RateLimit- are not for callers; write X-Auth-…";
  return {};
}

std::optional<IdentityHeader> parse_source(const std::string& name, std::string_view source) {
  constexpr std::string_view claim = "claim:";
  if (source.starts_with(claim)) {
    source.remove_prefix(claim.size());
    if (source.empty() || !is_json_pointer(source)) return std::nullopt;
    return IdentityHeader{name, {}, std::string{source}};
  }
  if (!is_plain_claim(source)) return std::nullopt;
  return IdentityHeader{name, std::string{source}, {}};
}

void read_identity(Reader& reader, const YamlNode& node, ServeSettings& serve) {
  if (!reader.is_mapping(node, "'identity'")) return;
  if (node.members.empty())
    reader.fault(node, "'identity' is empty, and then a backend believes what clients send; leave the key out");
  if (node.members.size() > most_identity_fields) reader.fault(node, "more than 16 identity headers; remove some");
  std::vector<IdentityHeader> headers;
  for (const auto& [name, value] : node.members) {
    if (std::string fault = fault_of_identity_name(name.text); !fault.empty()) {
      reader.fault(name, std::move(fault));
    } else if (std::any_of(headers.begin(), headers.end(), [&name = name](const IdentityHeader& other) {
                 return lower_case(other.name) == lower_case(name.text);
               })) {
      reader.fault(name, "'" + name.text + "' stands here twice: names of headers have no case; remove one");
    }
    const auto source = reader.text(value);
    if (!source) continue;
    auto header = parse_source(name.text, *source);
    if (!header)
      reader.fault(value,
                   "an identity header holds client, a claim's name of letters, digits and '_', or claim: and a "
                   "JSON pointer, such as claim:/https:~1~1x.example~1roles");
    if (header) headers.push_back(*std::move(header));
  }
  serve.identity = std::move(headers);
}

// What is open to a network and unguarded, or taken twice.
void check_listeners(Reader& reader, const YamlNode& node, const ServeSettings& serve) {
  const YamlNode* admin = node.find("admin");
  const YamlNode* listen = node.find("listen");
  if (admin && !is_local(serve.admin) && !node.find("admin_token"))
    reader.fault(*admin, "'admin' is open to the network; bind it to 127.0.0.1 or a Unix socket, or set 'admin_token'");
  if ((admin || listen) && serve.admin.socket == serve.listen.socket && serve.admin.port == serve.listen.port &&
      (!serve.admin.socket.empty() || (serve.admin.address == serve.listen.address && serve.admin.port != 0)))
    reader.fault(admin ? *admin : *listen, "'admin' and 'listen' are the same place; give one of them another port");
  if (serve.listen.socket.empty() && serve.proxies.empty())
    reader.note(node, "'proxies' is empty, so nobody may ask; write the proxy's address, 127.0.0.1 for instance");
}

}  // namespace

Result<Listening, std::string> parse_listening(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix:";
  if (text.starts_with(unix_scheme)) {
    const std::string path{text.substr(unix_scheme.size())};
    if (!path.starts_with('/') || path.ends_with('/') || path.size() > longest_socket_path)
      return std::string{"a Unix socket is unix: and an absolute path of at most 107 characters"};
    return Listening{{}, 0, path};
  }
  const auto where = split_host_port(text);
  const bool named = where && where->host == "localhost";
  const auto address = where ? IpAddress::parse(named ? "127.0.0.1" : where->host) : std::nullopt;
  if (!where || !where->port || !address)
    return "'" + std::string{text.substr(0, 64)} +
           "' is no place to listen: 127.0.0.1:9091, [::1]:9091 or unix:/run/portcullis.sock";
  return Listening{address->text(), *where->port, {}};
}

bool is_local(const Listening& where) {
  return !where.socket.empty() || is_loopback(where.address);
}

void read_serve(Reader& reader, const YamlNode& node, Purpose purpose, ServeSettings& serve) {
  if (!reader.is_mapping(node, "'serve'", serve_shape)) return;
  reader.check_keys(node, serve_shape);
  if (const YamlNode* listen = node.find("listen")) read_listening(reader, *listen, serve.listen);
  if (const YamlNode* admin = node.find("admin")) read_listening(reader, *admin, serve.admin);
  if (const YamlNode* token = node.find("admin_token")) read_admin_token(reader, *token, serve);
  if (const YamlNode* proxies = node.find("proxies")) read_proxies(reader, *proxies, serve);
  if (const YamlNode* identity = node.find("identity")) read_identity(reader, *identity, serve);
  if (const YamlNode* base = node.find("public_base_url"))
    serve.public_base_url = reader.base_url(*base, purpose).value_or("");
  check_listeners(reader, node, serve);
}

}  // namespace portcullis::config
