#include "world/page/decision_feed.h"

#include <algorithm>
#include <charconv>

#include "portcullis/json_writer.h"
#include "world/encoding/form.h"
#include "world/encoding/loopback.h"
#include "world/encoding/target.h"

namespace portcullis::world {
namespace {

constexpr std::size_t most_waiting = 16;
constexpr std::string_view list_path = "/_portcullis/decisions";

/// The id behind "/_portcullis/decisions/"; nullopt for the list.
std::optional<std::string> id_of(const net::HttpRequest& request) {
  const std::string_view path = path_of(request.target);
  if (path.size() == list_path.size()) return std::nullopt;
  return std::string{path.substr(list_path.size() + 1)};
}

std::optional<std::string> after_of(const net::HttpRequest& request) {
  const auto mark = request.target.find('?');
  if (mark == std::string::npos) return std::nullopt;
  for (auto& [name, value] : parse_form(std::string_view{request.target}.substr(mark + 1)))
    if (name == "after") return value;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string message(std::string_view text) {
  return JsonWriter{}.begin_object().key("message").string(text).end_object().text();
}

std::string list_json(const RecentRequests& recent, std::uint64_t after) {
  JsonWriter json;
  json.begin_object().key("latest").integer(static_cast<std::int64_t>(recent.latest()));
  json.key("decisions").begin_array();
  for (const RequestReport* report : recent.after(after)) json.raw(request_json(*report));
  return json.end_array().end_object().text();
}

}  // namespace

bool DecisionFeed::serves(const net::HttpRequest& request) {
  const std::string_view path = path_of(request.target);
  return path.starts_with(list_path) && (path.size() == list_path.size() || path[list_path.size()] == '/');
}

/// The Host is what a page that was made to resolve to this machine cannot fake (DNS rebinding). A browser
/// sends Origin with every request whose answer a page of another origin could read; where there is none,
/// Sec-Fetch-Site tells whose request it is (Fetch Metadata §2.3). Programs send neither.
bool DecisionFeed::may_read(const net::HttpRequest& request) const {
  if (settings_.exposure != Exposure::loopback || !names_loopback(request.headers.first("Host"))) return false;
  if (request.headers.has("Origin"))
    return std::ranges::find(settings_.origins, request.headers.first("Origin")) != settings_.origins.end();
  const std::string_view site = request.headers.first("Sec-Fetch-Site");
  return site.empty() || site == "same-origin" || site == "none";
}

net::Headers DecisionFeed::answer_headers(const net::HttpRequest& request) const {
  net::Headers headers{{"Content-Type", "application/json"},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"},
                       {"Cross-Origin-Resource-Policy", "same-origin"},
                       {"Vary", "Origin"}};
  if (may_read(request) && request.headers.has("Origin"))
    headers.add("Access-Control-Allow-Origin", std::string{request.headers.first("Origin")});
  return headers;
}

void DecisionFeed::answer(const net::HttpRequest& request, net::Respond respond) {
  net::Headers headers = answer_headers(request);
  if (!may_read(request)) return respond({404, std::move(headers), message("Not Found")});
  if (request.method != "GET" && request.method != "HEAD") {
    headers.add("Allow", "GET, HEAD");
    return respond({405, std::move(headers), message("GET only")});
  }
  Waiter waiter{id_of(request), 0, std::move(headers), std::move(respond), {}};
  if (waiter.id) return answer_one(std::move(waiter));
  answer_list(std::move(waiter), after_of(request));
}

void DecisionFeed::answer_one(Waiter waiter) {
  const bool coming = !recent_.find(*waiter.id) && settings_.is_coming && settings_.is_coming(*waiter.id);
  coming ? wait(std::move(waiter)) : settle(std::move(waiter));
}

void DecisionFeed::answer_list(Waiter waiter, std::optional<std::string_view> after) {
  if (!after) return settle(std::move(waiter));
  const auto number = number_of(*after);
  if (!number)
    return waiter.respond({400, std::move(waiter.headers), message("after is the number of a decision: 0, 1, 2 …")});
  waiter.after = std::min(*number, recent_.latest());  // a number from before a restart must not wait for its return
  waiter.after < recent_.latest() ? settle(std::move(waiter)) : wait(std::move(waiter));
}

/// Where all places are taken the longest wait ends: who has gone meanwhile is among the oldest, and a
/// client turned away instead would ask again and again.
void DecisionFeed::wait(Waiter waiter) {
  if (waiting_.size() >= most_waiting) settle(waiting_.begin()->first);
  const std::uint64_t number = ++waited_;
  waiter.patience = loop_.after(settings_.patience, [this, number] { settle(number); });
  waiting_.emplace(number, std::move(waiter));
}

/// Says what there is now.
void DecisionFeed::settle(Waiter waiter) const {
  if (!waiter.id) return waiter.respond({200, std::move(waiter.headers), list_json(recent_, waiter.after)});
  const RequestReport* report = recent_.find(*waiter.id);
  if (report) return waiter.respond({200, std::move(waiter.headers), request_json(*report)});
  waiter.respond({404, std::move(waiter.headers), message("Not Found")});
}

void DecisionFeed::settle(std::uint64_t number) {
  auto waiter = waiting_.extract(number);
  if (waiter) settle(std::move(waiter.mapped()));
}

void DecisionFeed::keep(RequestReport report) {
  const std::string id = recent_.keep(std::move(report)).id;
  std::vector<std::uint64_t> served;
  for (const auto& [number, waiter] : waiting_)
    if (!waiter.id || *waiter.id == id) served.push_back(number);
  for (const std::uint64_t number : served) settle(number);
}

}  // namespace portcullis::world
