#include "world/tenant/tenant_pages.h"

#include "world/encoding/html.h"

namespace portcullis::world {
namespace {

enum class Width : std::uint8_t { narrow, wide };

/// @param leads_to  an origin where a form of this page may lead, besides us: browsers hold redirects
///                  after a form to form-action too
net::HttpResponse page(int status, std::string_view title, std::string_view content, std::string_view leads_to = {},
                       Width width = Width::narrow) {
  std::string policy =
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
  if (!leads_to.empty()) policy.append(" ").append(leads_to);
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  html.append(html_escape(title)).append(" · development tenant</title>\n<link rel=\"stylesheet\" href=\"");
  html.append(stylesheet_path).append("\">\n</head>\n<body>\n<p class=\"development\" role=\"note\">");
  html += "<strong>Development server.</strong> A stand-in for Auth0 on this machine: not a way in.</p>\n<main";
  html.append(width == Width::wide ? " class=\"wide\"" : "").append("><div class=\"card\">\n");
  html.append(content).append("\n</div></main>\n</body>\n</html>\n");
  return {status,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Content-Security-Policy", std::move(policy)},
           {"Cache-Control", "no-store"},  // Back asks again, and hears that the login is finished
           {"Referrer-Policy", "no-referrer"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(html)};
}

std::string hidden_input(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + html_escape(name) + "\" value=\"" + html_escape(value) + "\">\n";
}

/// One a line.
std::string paragraphs(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    html += "<p class=\"text\">" + html_escape(line) + "</p>\n";
  }
  return html;
}

std::string table_of(const std::vector<User>& people) {
  std::string html =
      "<h2 id=\"people\">People known here</h2>\n<table aria-labelledby=\"people\">\n<thead><tr><th "
      "scope=\"col\">E-mail</th><th scope=\"col\">Password</th></tr></thead>\n<tbody>\n";
  for (const User& user : people)
    html += "<tr><td class=\"text\">" + html_escape(user.email) + "</td><td><code>" + html_escape(user.password) +
            "</code></td></tr>\n";
  return html + "</tbody>\n</table>";
}

}  // namespace

net::HttpResponse login_page(const LoginForm& form) {
  const bool failed = form.attempt == LoginForm::Attempt::failed;
  const std::string faulty = failed ? " aria-invalid=\"true\" aria-describedby=\"problem\"" : "";
  std::string html =
      "<h1>Log in</h1>\n<p class=\"lead\">to go on to <strong>" + html_escape(form.client) + "</strong></p>\n";
  if (failed)
    html +=
        "<p class=\"alert\" id=\"problem\" role=\"alert\">Wrong e-mail or password. Check both and try again; capital "
        "letters count in the password.</p>\n";
  html += "<form method=\"post\" action=\"/u/login?state=" + html_escape(form.ticket) + "\">\n";
  html +=
      "<label for=\"email\">E-mail</label>\n<input id=\"email\" name=\"email\" type=\"email\" "
      "autocomplete=\"username\" required value=\"" +
      html_escape(form.email) + "\"" + faulty + (form.email.empty() ? " autofocus" : "") + ">\n";
  html +=
      "<label for=\"password\">Password</label>\n<input id=\"password\" name=\"password\" type=\"password\" "
      "autocomplete=\"current-password\" required" +
      faulty + (form.email.empty() ? "" : " autofocus") + ">\n";
  html += "<button type=\"submit\">Log in</button>\n</form>\n";
  if (form.known_people) html += table_of(*form.known_people);
  return page(failed ? 400 : 200, failed ? "Wrong e-mail or password" : "Log in", html, form.leads_to);
}

net::HttpResponse logged_out_page() {
  return page(200, "Logged out",
              "<h1>You are logged out</h1>\n<p>No address to go on to was given (<code>returnTo</code>): close this "
              "window, or go back to the page you came from.</p>");
}

net::HttpResponse confirm_logout_page(std::string_view name, const Fields& fields, std::string_view leads_to) {
  std::string html = "<h1>Log out?</h1>\n<p class=\"lead\">You are logged in as " + html_escape(name) +
                     ".</p>\n<form method=\"post\" action=\"/oidc/logout\">\n";
  for (const auto& [field, value] : fields)
    if (field != "confirmed") html += hidden_input(field, value);
  html += hidden_input("confirmed", "yes") + "<button type=\"submit\">Log out</button>\n</form>";
  return page(200, "Log out?", html, leads_to);
}

net::HttpResponse problem_page(const Problem& problem) {
  std::string html = "<h1>" + html_escape(problem.title) + "</h1>\n" + paragraphs(problem.happened) +
                     "<h2>What to do</h2>\n" + paragraphs(problem.advice);
  if (!problem.way_on.empty())
    html += "<p><a class=\"button\" href=\"" + html_escape(problem.way_on) + "\">Go on to " +
            html_escape(problem.way_on) + "</a></p>";
  return page(problem.status, problem.title, html);
}

net::HttpResponse tenant_home_page(const std::string& issuer) {
  return page(
      200, "Development tenant",
      "<h1>A stand-in for an Auth0 tenant</h1>\n<p class=\"lead\">The people, passwords and keys here are known "
      "to everybody who reads the manual.</p>\n<p>Issuer: <code>" +
          html_escape(issuer) + R"(</code></p>
<h2>To look at</h2>
<ul>
<li><a href="/.well-known/openid-configuration">Discovery document</a></li>
<li><a href="/.well-known/jwks.json">Signing keys</a>: current, next, and the previous one after a rotation</li>
<li><a href="/pem">Certificate of the current key</a></li>
</ul>
<h2>To call</h2>
<ul>
<li><code>GET /authorize</code>: login with code and PKCE</li>
<li><code>POST /oauth/token</code>: <code>authorization_code</code>, <code>refresh_token</code>, <code>client_credentials</code>, <code>password</code></li>
<li><code>POST /oauth/revoke</code>: ends the family of a refresh token</li>
<li><code>GET /userinfo</code>: who the token is about</li>
<li><code>GET /v2/logout</code>, <code>GET /oidc/logout</code>: ends the session</li>
</ul>)",
      {}, Width::wide);
}

}  // namespace portcullis::world
