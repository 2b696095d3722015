#include "edge/net/request_framing.h"

#include "edge/net/field_syntax.h"

namespace portcullis::net {
namespace {

constexpr int bad_request = 400;
constexpr int not_implemented = 501;

}  // namespace

void RequestFraming::add(std::string_view name, std::string_view value) noexcept {
  if (equal_ignoring_case(name, "Host")) {
    ++hosts_;
  } else if (equal_ignoring_case(name, "Content-Length")) {
    ++lengths_;
    is_decimal_ = is_decimal(value);
  } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
    ++codings_;
    const std::string_view last = trimmed(value.substr(value.rfind(',') + 1));
    coding_ = equal_ignoring_case(trimmed(value), "chunked") ? Coding::chunked
              : equal_ignoring_case(last, "chunked")         ? Coding::chunked_last
                                                             : Coding::other;
  }
}

std::optional<int> RequestFraming::refusal(HttpVersion version) const noexcept {
  if (hosts_ > 1 || (hosts_ == 0 && version == HttpVersion::http_1_1)) return bad_request;  // §3.2
  if (lengths_ > 0 && codings_ > 0) return bad_request;
  // Equal copies might be merged (RFC 9112 §6.3); nobody honest sends them.
  if (lengths_ > 1 || !is_decimal_) return bad_request;
  if (codings_ == 0) return std::nullopt;
  if (version == HttpVersion::http_1_0) return bad_request;  // RFC 9112 §6.1: faulty framing
  if (codings_ > 1) return bad_request;                      // each reader joins the lists its own way
  if (coding_ == Coding::other) return bad_request;          // RFC 9112 §6.3: no way to find the end
  if (coding_ == Coding::chunked_last) return not_implemented;
  return std::nullopt;
}

std::optional<int> framing_refusal(HttpVersion version, const Headers& headers) {
  RequestFraming framing;
  for (const auto& [name, value] : headers) framing.add(name, value);
  return framing.refusal(version);
}

}  // namespace portcullis::net
