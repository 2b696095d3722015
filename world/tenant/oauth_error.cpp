#include "world/tenant/oauth_error.h"

#include "portcullis/json_writer.h"

namespace portcullis::world {

OAuthError invalid_request(std::string description) {
  return {400, "invalid_request", std::move(description)};
}

net::HttpResponse json_answer(int status, std::string body) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"Pragma", "no-cache"}},
          std::move(body)};
}

net::HttpResponse json_answer(const OAuthError& error) {
  JsonWriter json;
  json.begin_object().key("error").string(error.error).key("error_description").string(error.description);
  return json_answer(error.status, json.end_object().text());
}

}  // namespace portcullis::world
