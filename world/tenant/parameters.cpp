#include "world/tenant/parameters.h"

#include <algorithm>
#include <boost/json.hpp>

namespace portcullis::world {
namespace {

constexpr std::size_t parameter_limit = 64;

OAuthResult<Fields> json_parameters(std::string_view body) {
  boost::system::error_code problem;
  const boost::json::value document = boost::json::parse(body, problem);
  if (problem || !document.is_object()) return invalid_request("The body is not a JSON object");
  Fields fields;
  for (const auto& [name, value] : document.get_object()) {
    if (value.is_string())
      fields.emplace_back(name, std::string{value.get_string()});
    else if (value.is_int64())
      fields.emplace_back(name, std::to_string(value.get_int64()));
    else
      return invalid_request("A parameter is neither a string nor an integer");
  }
  return fields;
}

OAuthResult<Fields> each_once(Fields fields) {
  if (fields.size() > parameter_limit) return invalid_request("Too many parameters");
  for (auto field = fields.begin(); field != fields.end(); ++field)
    if (std::find_if(field + 1, fields.end(), [&](const auto& later) { return later.first == field->first; }) !=
        fields.end())
      return invalid_request("A parameter is repeated");
  return fields;
}

}  // namespace

OAuthResult<Fields> query_parameters(const net::HttpRequest& request) {
  const auto mark = request.target.find('?');
  return each_once(mark == std::string::npos ? Fields{}
                                             : parse_form(std::string_view{request.target}.substr(mark + 1)));
}

OAuthResult<Fields> body_parameters(const net::HttpRequest& request) {
  const bool json = request.headers.first("Content-Type").starts_with("application/json");
  auto fields = json ? json_parameters(request.body) : OAuthResult<Fields>{parse_form(request.body)};
  if (!fields) return fields;
  return each_once(*std::move(fields));
}

OAuthResult<Fields> parameters(const net::HttpRequest& request) {
  return request.method == "POST" ? body_parameters(request) : query_parameters(request);
}

std::string_view value_of(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
  return found == fields.end() ? std::string_view{} : found->second;
}

}  // namespace portcullis::world
