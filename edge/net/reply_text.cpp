#include "edge/net/reply_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "edge/net/asio_settings.h"
#include "edge/net/field_syntax.h"
#include "edge/net/http_date.h"

namespace portcullis::net {
namespace {

bool can_be_sent(const Reply& reply) {
  return reply.status >= 200 && reply.status <= 999 &&
         std::all_of(reply.fields.begin(), reply.fields.end(),
                     [](const FieldView& field) { return is_field(field.name, field.value); });
}

bool is_the_servers(std::string_view name) {
  constexpr std::array<std::string_view, 4> own{"Content-Length", "Connection", "Date", "Transfer-Encoding"};
  return std::any_of(own.begin(), own.end(), [&](auto one) { return equal_ignoring_case(name, one); });
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

}  // namespace

const std::string& DateLine::at(std::chrono::sys_seconds now) {
  if (line_.empty() || now != made_) line_ = "Date: " + http_date(made_ = now) + "\r\n";
  return line_;
}

void append_reply(std::string& out, const Reply& reply, const ReplyFrame& frame, const std::string& date_line) {
  if (!can_be_sent(reply)) return append_reply(out, Reply{500, {}, {}}, frame, date_line);
  out += "HTTP/1.1 ";  // ours, whatever the client's (RFC 9110 §2.5)
  append_number(out, static_cast<std::size_t>(reply.status));
  out += ' ';
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(reply.status));
  if (known != boost::beast::http::status::unknown) out += boost::beast::http::obsolete_reason(known);
  out += "\r\n";
  out += date_line;
  for (const FieldView& field : reply.fields) {
    if (is_the_servers(field.name)) continue;
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  const bool content = may_have_content(reply.status);
  if (content) {
    out += "Content-Length: ";
    append_number(out, reply.body.size());
    out += "\r\n";
  }
  if (frame.after == ReplyFrame::After::closes) {
    out += "Connection: close\r\n";
  } else if (frame.client == HttpVersion::http_1_0) {
    out += "Connection: keep-alive\r\n";  // RFC 9112 §C.2.2: else it would wait for the end
  }
  out += "\r\n";
  if (content && frame.content == ReplyFrame::Content::sent) out += reply.body;
}

}  // namespace portcullis::net
