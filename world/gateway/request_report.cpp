#include "world/gateway/request_report.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "portcullis/json_writer.h"
#include "world/encoding/target.h"
#include "world/gateway/explanation.h"

namespace portcullis::world {
namespace {

constexpr std::size_t longest_shown = 200;
constexpr std::size_t method_width = 4, path_width = 18, reason_width = 20;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string clock_text(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return text.data();
}

std::string_view word_of(RequestReport::Asked asked) {
  switch (asked) {
    case RequestReport::Asked::no:
      return "no";
    case RequestReport::Asked::fresh:
      return "fresh";
    case RequestReport::Asked::cached:
      return "cached";
  }
  return "no";
}

std::string_view colour_of(int status) {
  if (status < 400) return "\033[32m";
  return status < 500 ? "\033[33m" : "\033[31m";
}

}  // namespace

void RequestReport::tell(const RoutedRequest& request, int answered_with, WallTime now) {
  time = now;
  id = request.id;
  method = request.http.method;
  target = request.http.target;
  status = answered_with;
}

// Beyond ASCII nothing stays: C1 control characters are UTF-8 too.
std::string printable(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string shown;
  for (const char c : text.substr(0, longest_shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '\\') {
      shown += c;
    } else {
      shown += "\\x";
      shown += hex[byte >> 4];
      shown += hex[byte & 15];
    }
  }
  if (text.size() > longest_shown) shown += "...";
  return shown;
}

std::string request_line(const RequestReport& report, Colours colours) {
  std::string reason = printable(report.reason);
  if (report.asked == RequestReport::Asked::cached) reason += " (cached)";
  std::string line = clock_text(report.time) + "  " + padded(printable(report.method), method_width) + ' ' +
                     padded(printable(path_of(report.target)), path_width) + ' ';
  const std::string status = std::to_string(report.status);
  line += colours == Colours::on ? std::string{colour_of(report.status)} + status + "\033[0m" : status;
  line += "  ";
  if (report.missing.empty()) return line + reason;
  line += padded(reason, std::max(reason_width, reason.size() + 2)) + " needs ";
  for (std::size_t i = 0; i < report.missing.size(); ++i) line += (i == 0 ? "" : ", ") + printable(report.missing[i]);
  return line;
}

std::string request_json(const RequestReport& report) {
  const auto since_epoch = std::chrono::nanoseconds{report.time.time_since_epoch()};
  const Explanation explanation = explanation_of(report);
  JsonWriter json;
  json.begin_object().key("requestId").string(report.id);
  json.key("sequence").integer(static_cast<std::int64_t>(report.sequence)).key("time").integer(since_epoch.count());
  json.key("method")
      .string(report.method)
      .key("path")
      .string(path_of(report.target))
      .key("status")
      .integer(report.status);
  json.key("asked").string(word_of(report.asked)).key("reason").string(report.reason);
  json.key("sentence").string(explanation.sentence).key("advice").string(explanation.advice);
  json.key("detail").string(report.detail).key("missing").begin_array();
  for (const std::string& missing : report.missing) json.string(missing);
  json.end_array().key("decidedBy");
  report.decided_by.empty() ? json.null() : json.string(report.decided_by);
  json.key("trace").raw(report.trace.empty() ? "null" : report.trace);
  return json.end_object().text();
}

}  // namespace portcullis::world
