#include "world/gateway/web_socket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "world/encoding/base64.h"

namespace portcullis::world {
namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::string_view version = "13";
constexpr std::string_view goodbye = "the local gateway serves the handshake only";

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

/// Whether a list header has this member, in whatever case.
bool lists(const net::Headers& headers, std::string_view name, std::string_view wanted) {
  for (std::string_view line : headers.all(name))
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(','), line.size());
      std::string_view member = line.substr(0, end);
      while (member.starts_with(' ')) member.remove_prefix(1);
      while (member.ends_with(' ')) member.remove_suffix(1);
      if (equal_ignoring_case(member, wanted)) return true;
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  return false;
}

std::string accept_value(std::string_view key) {  // RFC 6455 §4.2.2
  const std::string text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  return base64({reinterpret_cast<const char*>(digest.data()), size});
}

/// A frame that closes normally and says why (RFC 6455 §5.5.1, §7.4.1).
std::string close_frame(std::string_view why) {
  constexpr char whole_close = '\x88';
  constexpr std::string_view normal{"\x03\xE8", 2};
  return std::string{whole_close, static_cast<char>(normal.size() + why.size())}.append(normal).append(why);
}
static_assert(goodbye.size() + 2 <= 125, "a control frame is short");

}  // namespace

Handshake handshake_of(const net::HttpRequest& request) {
  const net::Headers& headers = request.headers;
  if (!lists(headers, "Upgrade", "websocket") || !lists(headers, "Connection", "upgrade")) return Handshake::none;
  if (request.method != "GET") return Handshake::malformed;
  const auto versions = headers.all("Sec-WebSocket-Version");
  if (versions.size() != 1 || versions.front() != version) return Handshake::other_version;
  const auto keys = headers.all("Sec-WebSocket-Key");
  const auto key = keys.size() == 1 ? base64_decode(keys.front()) : std::nullopt;
  return key && key->size() == key_bytes ? Handshake::good : Handshake::malformed;
}

net::HttpResponse handshake_refusal(Handshake handshake) {
  net::HttpResponse response{400, {{"Content-Type", "application/json"}}, R"({"message":"Bad Request"})"};
  if (handshake == Handshake::malformed) return response;
  response.status = 426;
  response.body = R"({"message":"Upgrade Required"})";
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Sec-WebSocket-Version", std::string{version});
  return response;
}

net::HttpResponse handshake_answer(const net::HttpRequest& request, std::string_view subprotocol) {
  net::HttpResponse response{
      101,
      {{"Upgrade", "websocket"}, {"Sec-WebSocket-Accept", accept_value(request.headers.first("Sec-WebSocket-Key"))}},
      close_frame(goodbye)};
  if (!subprotocol.empty()) response.headers.add("Sec-WebSocket-Protocol", std::string{subprotocol});
  return response;
}

}  // namespace portcullis::world
