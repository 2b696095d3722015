#include "world/tenant/people.h"

#include <algorithm>

#include "edge/system/random.h"

namespace portcullis::world {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

}  // namespace

const Client* People::client(std::string_view id) const {
  const auto found = std::ranges::find(clients, id, &Client::id);
  return found == clients.end() ? nullptr : &*found;
}

const Api* People::api(std::string_view audience) const {
  const auto found = std::ranges::find(apis, audience, &Api::audience);
  return found == apis.end() ? nullptr : &*found;
}

void People::allow_page(std::string_view client_id, const std::string& origin) {
  const auto found = std::ranges::find(clients, client_id, &Client::id);
  if (found == clients.end()) return;
  for (const char* path : {"", "/", "/callback"}) found->callbacks.push_back(origin + path);
  for (const char* path : {"", "/"}) found->logout_urls.push_back(origin + path);
  found->web_origins.push_back(origin);
}

bool People::allows_origin(std::string_view origin) const {
  return std::ranges::any_of(clients, [&](const Client& client) {
    return std::ranges::find(client.web_origins, origin) != client.web_origins.end();
  });
}

const User* People::log_in(std::string_view email, std::string_view password) const {
  const User* found = nullptr;
  const std::string wanted = lower_case(email);
  for (const User& user : users) {
    const bool right_password = same_secret(user.password, password);  // for every user: equal time
    if (lower_case(user.email) == wanted && right_password) found = &user;
  }
  return found;
}

People known_people() {
  const std::string api{demo_audience};
  const Permissions reading{{api, {"read:orders"}}};
  const Permissions everything{{api, {"read:orders", "admin"}}};
  return People{.users = {User{"auth0|ada", "ada@example.com", "Ada Lovelace", "lovelace", everything,
                               std::string{gold_plan_key}},
                          User{"auth0|grace", "grace@example.com", "Grace Hopper", "hopper", reading}},
                .clients = {Client{std::string{page_client},
                                   std::nullopt,
                                   {GrantType::authorization_code, GrantType::refresh_token, GrantType::password},
                                   {}},
                            Client{"demo-machine",
                                   "demo-machine-secret",
                                   {GrantType::client_credentials, GrantType::password},
                                   reading}},
                .apis = {Api{api, {"read:orders", "admin"}}, Api{std::string{other_audience}, {}}}};
}

People people_with_random_secrets() {
  People people = known_people();
  for (User& user : people.users) user.password = system::random_hex(12);
  for (Client& client : people.clients)
    if (client.secret) client.secret = system::random_hex(24);
  return people;
}

std::vector<std::string> permitted(const Permissions& permissions, std::string_view audience) {
  const auto found = permissions.find(audience);
  return found == permissions.end() ? std::vector<std::string>{} : found->second;
}

bool same_secret(std::string_view left, std::string_view right) noexcept {
  volatile unsigned difference = left.size() == right.size() ? 0U : 1U;
  for (std::size_t i = 0; i < right.size(); ++i) {  // as long as the guess, whatever the secret is
    const char known = left.empty() ? '\0' : left[i % left.size()];
    difference = difference | static_cast<unsigned>(static_cast<unsigned char>(known ^ right[i]));
  }
  return difference == 0;
}

}  // namespace portcullis::world
