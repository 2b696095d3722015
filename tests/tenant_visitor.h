// A tenant, and a browser without scripts that visits it: keeps cookies, follows nothing by itself.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "world/encoding/base64.h"
#include "world/tenant/tenant.h"

namespace portcullis::world {

/// Two keys for all tests: making them takes its time.
inline const Mint& tenant_test_mint() {
  static const Mint mint{*SigningKey::generate(), *SigningKey::generate()};
  return mint;
}

class TenantVisitor : public testing::Test {
 protected:
  static constexpr std::string_view issuer = "http://localhost:3001/";
  static constexpr std::string_view page = "http://localhost:3000";
  static constexpr std::string_view control_secret = "control-secret";
  const std::string verifier = std::string(43, 'v');

  static TenantSettings settings(Exposure exposure = Exposure::loopback) {
    TenantSettings made{std::string{issuer}, known_people(), exposure};
    made.people.allow_page("demo-spa", std::string{page});
    return made;
  }

  net::HttpResponse ask(std::string method, std::string target, net::Headers headers = {}, std::string body = {}) {
    std::string jar;
    for (const auto& [name, value] : cookies) jar += (jar.empty() ? "" : "; ") + name + '=' + value;
    if (!jar.empty()) headers.add("Cookie", jar);
    const bool form = method == "POST" && !headers.has("Content-Type");
    if (form) headers.add("Content-Type", "application/x-www-form-urlencoded");
    headers.add("Host", "localhost:3001");
    auto response =
        tenant.answer({std::move(method), std::move(target), std::move(headers), std::move(body), "127.0.0.1"});
    for (const std::string_view set : response.headers.all("Set-Cookie")) {
      const auto equals = set.find('='), end = set.find(';');
      const std::string name{set.substr(0, equals)};
      if (set.find("Max-Age=0") != std::string_view::npos)
        cookies.erase(name);
      else
        cookies[name] = set.substr(equals + 1, end - equals - 1);
    }
    return response;
  }
  net::HttpResponse get(std::string target, net::Headers headers = {}) {
    return ask("GET", std::move(target), std::move(headers));
  }
  net::HttpResponse post(std::string target, std::string form) {
    return ask("POST", std::move(target), {}, std::move(form));
  }

  /// An authorization request of the page, with these parameters changed or, where empty, left out.
  std::string authorize(const std::map<std::string, std::string>& changed = {}) const {
    std::map<std::string, std::string> fields{{"client_id", "demo-spa"},
                                              {"response_type", "code"},
                                              {"redirect_uri", std::string{page}},
                                              {"scope", "openid profile email offline_access read:orders"},
                                              {"audience", "https://api.example.com"},
                                              {"state", "state+&1"},
                                              {"nonce", "nonce-1"},
                                              {"code_challenge", code_challenge(verifier)},
                                              {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : changed) fields[name] = value;
    std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
    return "/authorize?" + form_text(Fields(fields.begin(), fields.end()));
  }
  static std::string target_of(const net::HttpResponse& response) {
    const std::string_view location = response.headers.first("Location");
    return std::string{location.substr(std::min(location.size(), issuer.size() - 1))};
  }
  /// The form's answer.
  net::HttpResponse log_in(const std::string& login_target, const std::string& who = "ada",
                           const std::string& password = "lovelace") {
    return post(login_target, form_text({{"email", who + "@example.com"}, {"password", password}}));
  }
  /// The parameters that came back to the page.
  static std::map<std::string, std::string> brought_back(const net::HttpResponse& response) {
    const std::string location{response.headers.first("Location")};
    const auto fields = parse_form(location.substr(std::min(location.size(), location.find_first_of("?#") + 1)));
    return {fields.begin(), fields.end()};
  }
  std::string code_of(const std::map<std::string, std::string>& changed = {}) {
    const auto first = get(authorize(changed));
    const auto back = first.status == 302 ? log_in(target_of(first)) : first;
    return brought_back(back)["code"];
  }
  net::HttpResponse redeem(const std::string& code, const Fields& changed = {}) {
    Fields form{{"grant_type", "authorization_code"},
                {"client_id", "demo-spa"},
                {"code", code},
                {"redirect_uri", std::string{page}},
                {"code_verifier", verifier}};
    for (const auto& [name, value] : changed)
      for (auto& field : form)
        if (field.first == name) field.second = value;
    std::erase_if(form, [](const auto& field) { return field.second.empty(); });
    return post("/oauth/token", form_text(form));
  }
  net::HttpResponse refresh(const std::string& token, const std::string& more = {}) {
    return post("/oauth/token",
                "grant_type=refresh_token&client_id=demo-spa&refresh_token=" + form_encode(token) + more);
  }
  static std::string member(const net::HttpResponse& response, std::string_view name) {
    const auto read = boost::json::parse(response.body);
    const auto* value = read.as_object().if_contains(name);
    return value && value->is_string() ? std::string{value->get_string()} : "";
  }
  static boost::json::object claims(const std::string& token) {
    const auto first = token.find('.'), second = token.rfind('.');
    return boost::json::parse(base64url_decode(token.substr(first + 1, second - first - 1)).value_or("{}")).as_object();
  }
  /// A claim as text: strings as they are, anything else as JSON.
  static std::string claim(const std::string& token, std::string_view name) {
    const auto all = claims(token);
    const auto* value = all.if_contains(name);
    if (!value) return "";
    return value->is_string() ? std::string{value->get_string()} : boost::json::serialize(*value);
  }
  net::HttpResponse control(const std::string& what, const std::string& form) {
    return ask("POST", std::string{control_prefix} + what, {{"Authorization", "Bearer " + std::string{control_secret}}},
               form);
  }

  std::map<std::string, std::string> cookies;
  WallTime now{std::chrono::seconds{1'767'225'600}};
  Tenant tenant{settings(), tenant_test_mint(), TenantClock{[this] { return now; }},
                TenantControl{std::string{control_secret}}};
};

}  // namespace portcullis::world
