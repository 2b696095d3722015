// What people see of the tenant. No script on any page, everything from here, all of it escaped.
#pragma once

#include <string>
#include <vector>

#include "edge/net/http_message.h"
#include "world/encoding/form.h"
#include "world/tenant/people.h"
#include "world/tenant/problem.h"

namespace portcullis::world {

inline constexpr std::string_view stylesheet_path = "/_portcullis/tenant.css";

struct LoginForm {
  enum class Attempt : std::uint8_t { first, failed };
  std::string client;
  std::string ticket;    // of the pending login
  std::string email;     // filled in already
  std::string leads_to;  // origin where a good login leads
  Attempt attempt = Attempt::first;
  const std::vector<User>* known_people = nullptr;  // shown with their passwords; none: not shown
};

/// 200, or 400 after a wrong password, as Auth0's.
net::HttpResponse login_page(const LoginForm& form);
net::HttpResponse logged_out_page();
/// Asks whether to log out. @param leads_to  origin where that leads; empty: nowhere
net::HttpResponse confirm_logout_page(std::string_view name, const Fields& fields, std::string_view leads_to);
net::HttpResponse problem_page(const Problem& problem);
net::HttpResponse tenant_home_page(const std::string& issuer);
net::HttpResponse tenant_stylesheet();

}  // namespace portcullis::world
