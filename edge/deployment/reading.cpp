#include "edge/deployment/reading.h"

#include <algorithm>

namespace portcullis::deployment {
namespace {

constexpr std::int64_t longest_cache = 3600;

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Room for one more; what is over the bound takes the last one's place, and nothing of it is used.
template <class T>
void make_room(std::vector<T>& all, Reading::Size& size) {
  if (all.size() < most_routes) return;
  size = Reading::Size::too_large;
  all.pop_back();
}

}  // namespace

std::string_view word_of(Flavour flavour) noexcept {
  switch (flavour) {
    case Flavour::rest:
      return "REST API";
    case Flavour::http:
      return "HTTP API";
    case Flavour::web_socket:
      return "WebSocket API";
  }
  return {};
}

std::size_t Reading::api(const std::string& name, Flavour flavour, const TemplateNode& where) {
  for (std::size_t i = 0; i < found.apis.size(); ++i)
    if (found.apis[i].name == name) return i;
  make_room(found.apis, size);
  Api made;
  made.name = name;
  made.flavour = flavour;
  made.place = values.place(where);
  found.apis.push_back(std::move(made));
  return found.apis.size() - 1;
}

std::optional<std::size_t> Reading::authorizer(std::size_t api, std::string_view name) const {
  for (std::size_t i = 0; i < found.authorizers.size(); ++i)
    if (found.authorizers[i].api == api && found.authorizers[i].name == name) return i;
  return std::nullopt;
}

Authorizer& Reading::add_authorizer(std::size_t api, std::string name, const TemplateNode& where) {
  make_room(found.authorizers, size);
  Authorizer authorizer;
  authorizer.name = std::move(name);
  authorizer.api = api;
  authorizer.place = values.place(where);
  found.authorizers.push_back(std::move(authorizer));
  return found.authorizers.back();
}

Route& Reading::add_route(std::size_t api, std::string method, std::string path, const TemplateNode& where) {
  make_room(found.routes, size);
  Route route;
  route.method = capitals(std::move(method));
  if (route.method == "*" || route.method == "X-AMAZON-APIGATEWAY-ANY-METHOD") route.method = "ANY";
  route.path = std::move(path);
  if (!route.method.empty() && !route.path.starts_with('/')) route.path.insert(0, "/");
  route.api = api;
  route.place = values.place(where);
  found.routes.push_back(std::move(route));
  return found.routes.back();
}

void Reading::guard_by(Route& route, std::string_view name, const TemplateNode& where) {
  route.guard = Route::Guard::authorizer;
  route.authorizer = authorizer(route.api, name);
  if (!route.authorizer)
    not_carried(where, route.key() + " is behind an authorizer that this file does not hold; its settings are unknown");
}

void Reading::not_carried(const TemplateNode& where, std::string message) {
  found.not_carried.push_back({values.place(where), std::move(message)});
}

void Reading::mistake(const TemplateNode& where, std::string message) {
  found.mistakes.push_back({values.place(where), std::move(message)});
}

std::vector<std::string> Reading::texts(const TemplateNode* node) const {
  const TemplateNode* value = values.followed(node);
  std::vector<std::string> all;
  if (!value) return all;
  if (!value->is_sequence()) {
    if (auto text = values.text(value)) all.push_back(*std::move(text));
    return all;
  }
  for (const TemplateNode& item : value->items)
    if (auto text = values.text(&item)) all.push_back(*std::move(text));
  return all;
}

void Reading::read_sources(Authorizer& authorizer, const TemplateNode* node) {
  const TemplateNode* value = values.followed(node);
  if (!value) return;
  authorizer.sources_place = values.place(*value);
  const std::vector<std::string> written = texts(value);
  const std::size_t expected = value->is_sequence() ? value->items.size() : 1;
  authorizer.sources_known = written.size() == expected ? Known::written : Known::unclear;
  for (const std::string& text : written)
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const auto source = trimmed(std::string_view{text}.substr(begin, end - begin));
      if (!source.empty()) authorizer.sources.emplace_back(source);
      begin = end + 1;
    }
  if (authorizer.sources_known == Known::unclear)
    not_carried(*value, "the identity sources of '" + authorizer.name + "' are not known before it is deployed");
}

void Reading::read_cache(Authorizer& authorizer, const TemplateNode* node, std::int64_t usual) {
  const TemplateNode* value = values.followed(node);
  authorizer.cache = usual;
  authorizer.cache_place = value ? values.place(*value) : authorizer.place;
  if (!value) return;
  const auto seconds = values.integer(value);
  authorizer.cache_known = seconds ? Known::written : Known::unclear;
  authorizer.cache = seconds.value_or(longest_cache);
  if (!seconds) {
    not_carried(*value, "the cache time of '" + authorizer.name + "' is not known before it is deployed; 3600 s, the " +
                            "longest, is assumed");
  } else if (*seconds < 0 || *seconds > longest_cache) {
    mistake(*value, "a cache time is 0 to 3600 s; the deployment will fail");
    authorizer.cache = *seconds < 0 ? 0 : longest_cache;
  }
}

void Reading::read_payload(Authorizer& authorizer, const TemplateNode* node) {
  if (auto text = values.text(node)) authorizer.payload = *std::move(text);
}

void Reading::read_answer(Authorizer& authorizer, const TemplateNode* node) {
  if (!node) return;
  const auto text = values.text(node);
  authorizer.answer_known = text ? Known::written : Known::unclear;
  if (text == "true" || text == "True") authorizer.answer = Authorizer::Answer::simple;
}

void Reading::read_expression(Authorizer& authorizer, const TemplateNode* node) {
  const TemplateNode* value = values.followed(node);
  if (!value || !value->is_scalar() || value->text.empty()) return;
  authorizer.expression = value->text;
  authorizer.expression_place = values.place(*value);
}

void read_response(Reading& reading, std::size_t api, const TemplateNode& where, const std::string& type,
                   const TemplateNode* parameters, const TemplateNode* status) {
  GatewayResponse response;
  response.place = reading.values.place(where);
  const TemplateNode* all = reading.values.followed(parameters);
  const TemplateNode* headers = all ? reading.values.followed(all->find("Headers")) : nullptr;  // SAM's form
  for (const TemplateNode* names : {all, headers}) {
    if (!names) continue;
    for (const Member& member : names->members)
      if (capitals(member.key.text).ends_with("ACCESS-CONTROL-ALLOW-ORIGIN"))
        response.readable = GatewayResponse::Readable::yes;
  }
  if (status) response.status = GatewayResponse::Status::changed;
  Api& owner = reading.found.apis[api];
  if (response.readable == GatewayResponse::Readable::yes) owner.browsers = Api::Browsers::seen;
  owner.responses.insert_or_assign(type, std::move(response));
}

}  // namespace portcullis::deployment
