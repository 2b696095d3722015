#include "world/tenant/authorize_endpoint.h"

#include "world/encoding/cookie.h"
#include "world/tenant/tenant_pages.h"

namespace portcullis::world {
namespace {

constexpr std::chrono::hours login_lifetime{1};

/// "3001" of "http://localhost:3001/".
std::string port_of(const TenantSettings& settings) {
  const auto colon = settings.issuer.rfind(':');
  const auto digits = settings.issuer.substr(colon + 1);
  return digits.substr(0, digits.find('/'));
}

/// Ties a login to the browser that began it (RFC 9700 §4.7).
std::string browser_cookie_name(const TenantSettings& settings) {
  return "portcullis-browser-" + port_of(settings);
}

/// Not for scripts, not sent along by other sites. Without Secure: loopback is http.
std::string set_cookie(const std::string& name, std::string_view value) {
  return name + '=' + std::string{value} + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800";
}

/// Whether this session answers the request without a person: not where it asks for a new login, nor
/// where the last one is longer ago than it allows (OIDC Core §3.1.2.1).
bool satisfies(const LoginSession* session, const AuthorizationRequest& request, WallTime now) {
  using Prompt = AuthorizationRequest::Prompt;
  if (!session || request.prompt == Prompt::login) return false;
  return !request.max_age || now - session->authenticated < *request.max_age + std::chrono::seconds{1};
}

/// Back to the client with a code for what this person may.
net::HttpResponse send_code(const AuthorizationRequest& request, const LoginSession& session,
                            const TenantSettings& settings, TenantState& state, WallTime now) {
  Grant grant = request.grant;
  grant.user = session.user;
  grant.subject = session.user->subject;
  grant.session = session.id;
  if (request.max_age) grant.authenticated = session.authenticated;
  auto granted = with_access(std::move(grant), request.audience, request.scope, settings.people);
  if (!granted)
    return send_back(request.back,
                     {{"error", granted.error().error}, {"error_description", granted.error().description}});
  const std::string code = state.codes.issue({.grant = *std::move(granted),
                                              .redirect_uri = request.back.redirect_uri,
                                              .code_challenge = request.code_challenge,
                                              .state = AuthorizationCode::State::fresh,
                                              .refresh_token = {}},
                                             now + code_lifetime);
  return send_back(request.back, {{"code", code}});
}

net::HttpResponse to_login_page(const net::HttpRequest& request, AuthorizationRequest asked,
                                const TenantSettings& settings, TenantState& state, WallTime now) {
  std::string browser{cookie(request, browser_cookie_name(settings))};
  if (browser.empty()) browser = system::random_hex(32);
  const std::string login =
      state.logins.issue({std::move(asked), browser, PendingLogin::State::open}, now + login_lifetime);
  return {302,
          {{"Location", settings.issuer + "u/login?state=" + login},
           {"Set-Cookie", set_cookie(browser_cookie_name(settings), browser)},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"}},
          {}};
}

const Problem login_gone{400, "This login cannot be continued",
                         "It is unknown, or was begun more than an hour ago, or before this server started.",
                         "Go back to the page you came from and log in from there."};

Problem finished(const PendingLogin& login) {
  return {400, "This login is finished", "You have logged in with it already: it leads nowhere a second time.",
          "Go on to the page you came from. If you are not logged in there, log in from there again.",
          origin_of(login.request.back.redirect_uri) + '/'};
}

const Problem other_browser{403, "This login was begun in another browser",
                            "Only the browser that began a login may finish it, so that nobody logs you in as somebody "
                            "else. (Or cookies are switched off for this server.)",
                            "Go back to the page you came from and log in from there."};

LoginForm form_for(const PendingLogin& login, std::string_view ticket, std::string email,
                   const TenantSettings& settings) {
  LoginForm form;
  form.client = login.request.grant.client;
  form.ticket = ticket;
  form.email = std::move(email);
  form.leads_to = origin_of(login.request.back.redirect_uri);
  if (settings.exposure == Exposure::loopback) form.known_people = &settings.people.users;
  return form;
}

net::HttpResponse log_in(const net::HttpRequest& request, PendingLogin& login, std::string_view ticket,
                         const TenantSettings& settings, TenantState& state, WallTime now) {
  const auto fields = body_parameters(request);
  if (!fields) return problem_page({400, "The form cannot be read", fields.error().description, login_gone.advice});
  const std::string email{value_of(*fields, "email")};
  const User* user = settings.people.log_in(email, value_of(*fields, "password"));
  if (!user) {
    LoginForm form = form_for(login, ticket, email, settings);
    form.attempt = LoginForm::Attempt::failed;
    return login_page(form);
  }
  login.state = PendingLogin::State::finished;
  state.sessions.end(cookie(request, session_cookie_name(settings)));  // no copy of the old one outlives it
  const std::string value = state.sessions.start(*user, now);
  const LoginSession* session = state.sessions.use(value, now);
  auto response = send_code(login.request, *session, settings, state, now);
  response.headers.add("Set-Cookie", set_cookie(session_cookie_name(settings), value));
  return response;
}

}  // namespace

std::string session_cookie_name(const TenantSettings& settings) {
  return "portcullis-session-" + port_of(settings);
}

std::string ended_session_cookie(const TenantSettings& settings) {
  return session_cookie_name(settings) + "=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
}

net::HttpResponse authorize_endpoint(const net::HttpRequest& request, const TenantSettings& settings,
                                     TenantState& state, WallTime now) {
  const auto fields = parameters(request);
  if (!fields)
    return problem_page({400, "The request cannot be read", fields.error().description,
                         "Send each parameter of the authorization request once."});
  auto read = read_authorization(*fields, settings.people, settings.exposure);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_page(*problem);
  if (const auto* refused = std::get_if<Refused>(&read))
    return send_back(refused->back,
                     {{"error", refused->error.error}, {"error_description", refused->error.description}});
  auto& asked = std::get<AuthorizationRequest>(read);
  const LoginSession* session = state.sessions.use(cookie(request, session_cookie_name(settings)), now);
  if (satisfies(session, asked, now)) return send_code(asked, *session, settings, state, now);
  if (asked.prompt == AuthorizationRequest::Prompt::none)  // OIDC Core §3.1.2.6
    return send_back(asked.back, {{"error", "login_required"}, {"error_description", "Login required"}});
  return to_login_page(request, std::move(asked), settings, state, now);
}

net::HttpResponse login_endpoint(const net::HttpRequest& request, const TenantSettings& settings, TenantState& state,
                                 WallTime now) {
  const auto query = query_parameters(request);
  const std::string ticket{query ? value_of(*query, "state") : std::string_view{}};
  PendingLogin* login = state.logins.find(ticket, now);
  if (!login) return problem_page(login_gone);
  if (!same_secret(login->browser, cookie(request, browser_cookie_name(settings)))) return problem_page(other_browser);
  if (login->state == PendingLogin::State::finished) return problem_page(finished(*login));
  if (request.method == "POST") return log_in(request, *login, ticket, settings, state, now);
  return login_page(form_for(*login, ticket, login->request.login_hint, settings));
}

}  // namespace portcullis::world
