#include "edge/net/request_framing.h"

#include "edge/net/field_syntax.h"

namespace portcullis::net {
namespace {

constexpr int bad_request = 400;
constexpr int not_implemented = 501;

std::optional<int> transfer_encoding_refusal(HttpVersion version, const std::vector<std::string_view>& codings) {
  if (version == HttpVersion::http_1_0) return bad_request;  // RFC 9112 §6.1: faulty framing
  if (codings.size() != 1) return bad_request;               // each reader joins the lists its own way
  const std::string_view list = codings.front();
  const std::string_view last = trimmed(list.substr(list.rfind(',') + 1));
  if (!equal_ignoring_case(last, "chunked")) return bad_request;  // RFC 9112 §6.3: no way to find the end
  if (!equal_ignoring_case(trimmed(list), "chunked")) return not_implemented;
  return std::nullopt;
}

}  // namespace

std::optional<int> framing_refusal(HttpVersion version, const Headers& headers) {
  const auto lengths = headers.all("Content-Length");
  const auto codings = headers.all("Transfer-Encoding");
  const auto hosts = headers.all("Host");
  if (hosts.size() > 1 || (hosts.empty() && version == HttpVersion::http_1_1)) return bad_request;  // §3.2
  if (!lengths.empty() && !codings.empty()) return bad_request;
  // Equal copies might be merged (RFC 9112 §6.3); nobody honest sends them.
  if (lengths.size() > 1 || (!lengths.empty() && !is_decimal(lengths.front()))) return bad_request;
  if (!codings.empty()) return transfer_encoding_refusal(version, codings);
  return std::nullopt;
}

}  // namespace portcullis::net
