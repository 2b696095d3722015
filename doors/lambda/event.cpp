#include "doors/lambda/event.h"

#include <algorithm>

#include "core/access/route_pattern.h"
#include "doors/lambda/web_socket.h"

namespace portcullis::lambda {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<Json> member(const std::optional<Json>& object, std::string_view name) {
  const auto found = object ? object->find(name) : std::nullopt;
  return found && !found->is(JsonKind::null) ? found : std::nullopt;
}

std::optional<std::string_view> text(const std::optional<Json>& object, std::string_view name) {
  const auto found = member(object, name);
  return found ? found->string() : std::nullopt;
}

// The gateway may hand a path over decoded; what then is beyond ASCII goes back to its percent-encoding.
std::string encode_non_ascii(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      encoded += c;
    } else {
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decode_once(std::string_view path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(path[i + 2]) : -1;
    if (low < 0) {
      decoded += path[i];
    } else {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

// The values of one header in the event, under whatever spelling of its name: the same field, told twice.
struct ToldField {
  std::vector<std::string> single, multiple;  // of `headers`, of `multiValueHeaders`
  bool both_maps;                             // neither map is empty, so each tells the whole request
};

ToldField field_of(const Json& event, std::string_view name) {
  const auto headers = member(event, "headers");
  const auto multi = member(event, "multiValueHeaders");
  ToldField told{{}, {}, headers && headers->size() > 0 && multi && multi->size() > 0};
  if (headers)
    for (auto field = headers->begin(); field != headers->end(); ++field)
      if (equal_without_case(field.name(), name) && (*field).string()) told.single.emplace_back(*(*field).string());
  if (multi)
    for (auto field = multi->begin(); field != multi->end(); ++field) {
      if (!equal_without_case(field.name(), name)) continue;
      for (const Json value : *field)
        if (value.string()) told.multiple.emplace_back(*value.string());
    }
  return told;
}

std::vector<std::string> both(const ToldField& told) {
  std::vector<std::string> all = told.multiple;
  all.insert(all.end(), told.single.begin(), told.single.end());
  return all;
}

// Two readings of a request are two credentials, or two proofs, which no decision takes.
std::vector<std::string> as_contradiction(std::vector<std::string> values) {
  if (values.size() == 1) values.push_back(values.front());
  return values;
}

// The same value told twice, once in each map, is one; a value that only one map has is a second reading.
std::vector<std::string> values_of(const Json& event, std::string_view name) {
  const ToldField told = field_of(event, name);
  if (!told.both_maps) return both(told);
  if (told.single.size() == 1 && told.single == told.multiple) return told.multiple;
  return as_contradiction(both(told));
}

std::string joined(const std::vector<std::string>& values, std::string_view separator) {
  std::string text;
  for (const std::string& value : values) text.append(text.empty() ? "" : separator).append(value);
  return text;
}

// A list may come in several lines (RFC 6455 §11.3.4); the map with one value then has the last line, or all of them.
bool tells_the_same(const std::string& single, const std::vector<std::string>& lines) {
  return single == lines.back() || single == joined(lines, ",") || single == joined(lines, ", ");
}

// What a browser sends in the place of Authorization, which it cannot set on a WebSocket (gateway.md §2.4).
std::vector<std::string> subprotocol_credentials_in(const Json& event) {
  const ToldField told = field_of(event, "sec-websocket-protocol");
  const bool one_reading =
      !told.both_maps || (told.single.empty() && told.multiple.empty()) ||
      (told.single.size() == 1 && !told.multiple.empty() && tells_the_same(told.single.front(), told.multiple));
  if (!one_reading) return as_contradiction(bearer_credentials(both(told)));
  return bearer_credentials(told.multiple.empty() ? told.single : told.multiple);
}

// The console's test of a REQUEST authorizer names its stage in one way in the ARN and in another beside it.
bool is_console_test(std::string_view told_stage, std::string_view arn_stage) {
  return told_stage == "test-invoke-stage" && arn_stage == "ESTestInvoke-stage";
}

}  // namespace

struct EventReader {
  static constexpr std::string_view authorization = "authorization", dpop = "dpop";  // what a decision reads

  static void read_headers(const Json& event, AuthorizerEvent& into) {
    for (const std::string_view name : {authorization, dpop})
      for (std::string& value : values_of(event, name)) into.add_header(name, std::move(value));
  }

  // The URL is never taken from Host or X-Forwarded-*: the client writes these (tokens.md §5.10).
  static void read_url(const std::optional<Json>& context, std::optional<std::string_view> path,
                       AuthorizerEvent& into) {
    const auto host = text(context, "domainName");
    if (host && path) into.url_ = "https://" + std::string{*host} + encode_non_ascii(*path);
  }

  static void read_certificate(const std::optional<Json>& holder, AuthorizerEvent& into) {
    into.certificate_ = text(member(holder, "clientCert"), "clientCertPem").value_or("");
  }

  static Result<Done, std::string> read_arn(const Json& event, const char* name, AuthorizerEvent& into) {
    const auto written = text(event, name);
    if (!written) return std::string{"the event has no "} + name;
    auto arn = MethodArn::parse(*written);
    if (!arn) return std::string{"the event's "} + name + " is not the ARN of one method";
    if (arn->verb.empty()) return std::string{"only a REQUEST event without a version asks for $connect"};
    into.path_ = encode_non_ascii("/" + arn->path);
    into.arn_ = *std::move(arn);
    return Done{};
  }

  struct Told {
    std::optional<std::string_view> method, stage, path;
  };

  // The members that repeat what the ARN says must agree with it. A path may have more in front of it: a
  // custom domain's base path, or the stage.
  static Result<Done, std::string> cross_check(const Told& told, const AuthorizerEvent& read) {
    if (told.method && *told.method != read.arn_.verb) return std::string{"the method contradicts the ARN"};
    if (told.stage && *told.stage != read.arn_.stage && !is_console_test(*told.stage, read.arn_.stage))
      return std::string{"the stage contradicts the ARN"};
    if (told.path && !decode_once(*told.path).ends_with(decode_once("/" + read.arn_.path)))
      return std::string{"the path contradicts the ARN"};
    return Done{};
  }

  static Result<AuthorizerEvent, std::string> read_token_event(const Json& event) {
    AuthorizerEvent read;
    if (const auto arn = read_arn(event, "methodArn", read); !arn) return arn.error();
    read.carries_ = EventCarries::token_alone;
    if (const auto token = text(event, "authorizationToken")) read.add_header(authorization, std::string{*token});
    return read;
  }

  // Of a REST API, and of an HTTP API with payload 1.0, which imitates it.
  static Result<AuthorizerEvent, std::string> read_request_event(const Json& event, EventForm form) {
    AuthorizerEvent read;
    read.form_ = form;
    if (const auto arn = read_arn(event, "methodArn", read); !arn) return arn.error();
    const auto context = member(event, "requestContext");
    if (text(context, "eventType")) return std::string{"a WebSocket event whose ARN is not that of $connect"};
    const Told told{text(event, "httpMethod"), text(context, "stage"), text(event, "path")};
    if (const auto consistent = cross_check(told, read); !consistent) return consistent.error();
    read_headers(event, read);
    read.address_ = text(member(context, "identity"), "sourceIp").value_or("");
    read_url(context, text(context, "path"), read);  // with the stage, or the custom domain's base path
    read_certificate(member(context, "identity"), read);
    return read;
  }

  // Of a WebSocket API: there is neither method nor path, and no message is ever put to an authorizer.
  static Result<AuthorizerEvent, std::string> read_connect_event(const Json& event, MethodArn arn) {
    AuthorizerEvent read;
    read.form_ = EventForm::web_socket;
    read.carries_ = EventCarries::headers_alone;
    read.arn_ = std::move(arn);
    read.path_ = web_socket_connect_path;
    if (text(event, "httpMethod") || text(event, "path"))
      return std::string{"a method or path contradicts the ARN of $connect"};
    const auto context = member(event, "requestContext");
    if (const auto stage = text(context, "stage"); stage && *stage != read.arn_.stage)
      return std::string{"the stage contradicts the ARN"};
    if (const auto route = text(context, "routeKey"); route && *route != web_socket_connect_path)
      return std::string{"the route contradicts the ARN"};
    if (const auto type = text(context, "eventType"); type && *type != "CONNECT")
      return std::string{"the type of the WebSocket event contradicts the ARN"};
    read_headers(event, read);
    for (std::string& value : subprotocol_credentials_in(event)) read.add_header(authorization, std::move(value));
    read.pages_ = both(field_of(event, "origin"));
    read.address_ = text(member(context, "identity"), "sourceIp").value_or("");
    return read;
  }

  static std::optional<MethodArn> connect_arn(const Json& event) {
    const auto written = text(event, "methodArn");
    auto arn = written ? MethodArn::parse(*written) : std::nullopt;
    return arn && arn->verb.empty() ? std::move(arn) : std::nullopt;
  }

  // Two lines of one header arrive joined by a comma, which neither credential nor proof can hold. The token is never
  // taken from identitySource, where a comma would be ambiguous.
  static Result<AuthorizerEvent, std::string> read_http_2_event(const Json& event) {
    AuthorizerEvent read;
    read.form_ = EventForm::http_2;
    if (const auto arn = read_arn(event, "routeArn", read); !arn) return arn.error();
    const auto context = member(event, "requestContext");
    const auto http = member(context, "http");
    const Told told{text(http, "method"), text(context, "stage"), text(event, "rawPath")};
    if (const auto consistent = cross_check(told, read); !consistent) return consistent.error();
    read_headers(event, read);
    read.address_ = text(http, "sourceIp").value_or("");
    read_url(context, told.path, read);
    read_certificate(member(context, "authentication"), read);
    return read;
  }
};

void AuthorizerEvent::add_header(std::string_view name, std::string value) {
  values_.push_back(std::make_unique<std::string>(std::move(value)));
  headers_.push_back({name, *values_.back()});
}

Result<AuthorizerEvent, std::string> AuthorizerEvent::parse(std::string_view json) {
  const auto document = JsonDocument::parse(json, event_limits);
  if (!document) return "the event is not JSON: " + document.error().detail;
  const Json event = document->root();
  if (!event.is(JsonKind::object)) return std::string{"the event is not a JSON object"};
  const auto type = text(event, "type");
  if (const auto version = member(event, "version")) {
    if (type != "REQUEST") return std::string{"the event has a version, and its type is not REQUEST"};
    if (version->string() == "1.0") return EventReader::read_request_event(event, EventForm::http_1);
    if (version->string() == "2.0") return EventReader::read_http_2_event(event);
    return std::string{"the event's version is neither 1.0 nor 2.0"};
  }
  if (type == "TOKEN") return EventReader::read_token_event(event);
  if (type == "REQUEST") {
    if (auto arn = EventReader::connect_arn(event)) return EventReader::read_connect_event(event, *std::move(arn));
    return EventReader::read_request_event(event, EventForm::rest);
  }
  return std::string{"the event's type is neither TOKEN nor REQUEST"};
}

}  // namespace portcullis::lambda
