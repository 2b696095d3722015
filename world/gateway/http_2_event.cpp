#include "world/gateway/http_2_event.h"

#include <algorithm>

namespace portcullis::world {
namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// Values of one name become one, in the order of first appearance.
void join(Fields& fields, std::string name, std::string_view value) {
  const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
  if (found == fields.end())
    fields.emplace_back(std::move(name), value);
  else
    found->second.append(",").append(value);
}

Fields joined_headers(const net::Headers& headers) {
  Fields fields;
  for (const auto& [name, value] : headers)
    if (std::string small = lower(name); small != "cookie") join(fields, std::move(small), value);
  return fields;
}

void write_cookies(JsonWriter& json, const net::Headers& headers) {
  const auto lines = headers.all("Cookie");
  if (lines.empty()) return;
  json.key("cookies").begin_array();
  for (std::string_view line : lines)
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(';'), line.size());
      json.string(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
      while (line.starts_with(' ')) line.remove_prefix(1);
    }
  json.end_array();
}

void write_unless_empty(JsonWriter& json, std::string_view name, const Fields& fields) {
  if (fields.empty()) return;
  json.key(name);
  write_last_values(json, fields);
}

}  // namespace

std::string joined_header(const net::Headers& headers, std::string_view name) {
  std::string text;
  for (const std::string_view value : headers.all(name)) text.append(text.empty() ? "" : ",").append(value);
  return text;
}

void write_http_2_members(JsonWriter& json, const RoutedRequest& request) {
  const std::string& target = request.http.target;
  const auto mark = target.find('?');
  json.key("routeKey").string(request.match.route->key()).key("rawPath").string(whole_path(request));
  json.key("rawQueryString").string(mark == std::string::npos ? "" : target.substr(mark + 1));
  write_cookies(json, request.http.headers);
  json.key("headers");
  write_last_values(json, joined_headers(request.http.headers));
  Fields query;
  for (const auto& [name, value] : request.query) join(query, name, value);
  write_unless_empty(json, "queryStringParameters", query);
  write_unless_empty(json, "pathParameters", request.match.path_parameters);
}

void write_http_2_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api) {
  json.key("accountId").string(api.account).key("apiId").string(api.id).key("domainName").string(domain_of(api));
  json.key("domainPrefix").string(api.id).key("http").begin_object().key("method").string(request.http.method);
  json.key("path").string(whole_path(request)).key("protocol").string("HTTP/1.1");
  json.key("sourceIp").string(request.http.peer);
  json.key("userAgent").string(last_header(request.http.headers, "User-Agent")).end_object();
  json.key("requestId").string(request.id).key("routeKey").string(request.match.route->key());
  json.key("stage").string(request.stage).key("time").string(clf_time(request.received));
  json.key("timeEpoch").integer(request.received.time_since_epoch().count());
}

}  // namespace portcullis::world
