#include "doors/cli/likely_cause.h"

#include <array>
#include <charconv>
#include <optional>

namespace portcullis::cli {
namespace {

constexpr std::int64_t most_clock_difference = 600;  // seconds; beyond, it is no clock

/// The number behind `word`: "expired 300 s ago" → 300.
std::optional<std::int64_t> number_after(std::string_view detail, std::string_view word) {
  const std::size_t at = detail.find(word);
  if (at == detail.npos) return std::nullopt;
  std::int64_t number = 0;
  const char* const begin = detail.data() + at + word.size();
  const auto [end, error] = std::from_chars(begin, detail.data() + detail.size(), number);
  return error == std::errc{} ? std::optional{number} : std::nullopt;
}

// The C library's words (getaddrinfo(3)).
bool name_not_found(std::string_view detail) {
  return detail.find("Name or service not known") != detail.npos || detail.find("name resolution") != detail.npos ||
         detail.find("No address associated") != detail.npos;
}

bool expired_long_ago(std::string_view detail) {
  const auto seconds = number_after(detail, "expired ");
  return seconds && *seconds > most_clock_difference;
}

/// aud is "https://api.example.com/", expected "https://api.example.com"
bool audiences_differ_by_slash(std::string_view detail) {
  constexpr std::string_view found_mark = "aud is \"", wanted_mark = ", expected \"";
  const std::size_t wanted_at = detail.find(wanted_mark);
  if (!detail.starts_with(found_mark) || wanted_at == detail.npos) return false;
  std::string_view found = detail.substr(found_mark.size(), wanted_at - found_mark.size());
  std::string_view wanted = detail.substr(wanted_at + wanted_mark.size());
  if (!found.ends_with('"') || !wanted.ends_with('"')) return false;
  found.remove_suffix(1);
  wanted.remove_suffix(1);
  const auto longer_by_slash = [](std::string_view a, std::string_view b) {
    return a.size() == b.size() + 1 && a.ends_with('/') && a.starts_with(b);
  };
  return longer_by_slash(found, wanted) || longer_by_slash(wanted, found);
}

struct Row {
  Reason reason;
  std::string_view part;           // of the detail; empty: any
  bool (*fits)(std::string_view);  // more to ask of the detail; null: nothing
  LikelyCause cause;
};

constexpr std::string_view wrong_audience = "everything-is-401-and-the-token-looks-right-wrong-audience";
constexpr std::string_view opaque_token = "the-token-has-no-dots-or-five-parts-opaque-token";
constexpr std::string_view issuer_slash = "401-although-the-tenant-is-the-right-one-the-issuers-slash";
constexpr std::string_view rotated_key = "suddenly-401-for-everybody-or-for-some-a-rotated-key";
constexpr std::string_view unreachable = "500-behind-a-proxy-503-and-exit-code-3-the-issuer-is-unreachable";
constexpr std::string_view clocks = "401-right-after-login-or-some-minutes-early-clocks";
constexpr std::string_view missing_permission = "403-for-one-person-or-one-route-a-missing-permission";

// The first row that fits counts: of one reason the special ones stand before the general one.
// clang-format off
constexpr std::array rows{
    Row{Reason::bad_aud, "aud is ", audiences_differ_by_slash,
        {"wrong audience: the two differ by the final slash only.", "Compare both in the detail, letter by letter.",
         "Use one spelling at both ends: the API's identifier at the issuer cannot be changed, so mend the configuration or the login.", wrong_audience}},
    Row{Reason::bad_aud, "is missing", nullptr,
        {"wrong audience: the login asked for no API, so the token is for none.", "Look for the parameter audience in the login request.",
         "Request the token with audience set to this API's identifier.", wrong_audience}},
    Row{Reason::bad_aud, "/userinfo", nullptr,
        {"wrong audience: an access token came where ID tokens are expected.", "The configuration says token: id-token.",
         "Send the ID token, or configure access tokens with the API's audience (better).", wrong_audience}},
    Row{Reason::bad_aud, "", nullptr,
        {"wrong audience: the token was requested for another API, or it is the ID token, whose audience is the client.",
         "Compare both in the detail; a client id there means an ID token.",
         "Request the access token with audience set to this API's identifier, exactly as configured.", wrong_audience}},
    Row{Reason::wrong_token_type, "ID token is expected", nullptr,
        {"the access token was sent where the configuration says token: id-token.", "portcullis check shows which kind is expected.",
         "Send the ID token, or configure access tokens with the API's audience (better).", wrong_audience}},
    Row{Reason::wrong_token_type, "", nullptr,
        {"the ID token was sent in the place of the access token.", "portcullis verify - with the token: an ID token's aud is the client.",
         "Send the access token.", wrong_audience}},

    Row{Reason::not_jws, "five parts", nullptr,
        {"opaque token: it is encrypted (JWE), because the login named no API or the API encrypts its tokens.", "Count the dots: four.",
         "Send audience at login; switch token encryption off for this API.", opaque_token}},
    Row{Reason::not_jws, "", nullptr,
        {"opaque token: audience was not sent at login, so Auth0 gave a token that only its own /userinfo understands.", "Count the dots: a signed token has two.",
         "Request the access token with audience set to this API's identifier. Do not send the ID token instead.", opaque_token}},

    Row{Reason::bad_iss, "final slash", nullptr,
        {"the issuer's slash: the token's iss and the configured issuer differ by the final slash only.", "Auth0's issuers end with a slash.",
         "Write issuer exactly as the token's iss in the detail, or use domain:, which adds the slash itself.", issuer_slash}},
    Row{Reason::bad_iss, "missing", nullptr,
        {"the token names no issuer: it is home-made, or of a kind that is not for APIs.", "portcullis verify - with the token.",
         "Take the token from the configured issuer.", issuer_slash}},
    Row{Reason::bad_iss, "", nullptr,
        {"another issuer: a custom domain at one end and the tenant's own domain at the other, or a token of another tenant.", "Compare both in the detail, letter by letter.",
         "Log in at the configured issuer, or configure the one that the token names if it is yours.", issuer_slash}},

    Row{Reason::unknown_kid, "no kid", nullptr,
        {"the token does not say which key signed it, and several could have.", "portcullis keys shows how many fit.",
         "Have the issuer send kid; allow_missing_kid helps where one key fits.", rotated_key}},
    Row{Reason::unknown_kid, "", nullptr,
        {"rotated key: the issuer revoked the key that signed this token, or the token is another tenant's.", "Compare the kid in the detail with portcullis keys.",
         "Log in again. Keys in files are never renewed: after a rotation, deploy them anew.", rotated_key}},
    Row{Reason::bad_signature, "", nullptr,
        {"the token was changed or made by somebody else; where keys are files, a rotated key.", "Does a token fresh from the issuer pass? If not, the configured key is the wrong one.",
         "With keys in files, deploy the issuer's present one. With fetched keys: somebody sends forged tokens.", rotated_key}},
    Row{Reason::key_mismatch, "", nullptr,
        {"the issuer's key set and its tokens disagree, or no local key fits the algorithm.", "portcullis keys shows each key's type.",
         "Check the issuer's signing settings.", {}}},

    Row{Reason::step_up, "acr", nullptr,
        {"the login was not strong enough for this route.", "The detail shows the token's acr, missing what the route accepts.",
         "Log in with acr_values as the challenge says; the issuer must put acr into access tokens.", {}}},
    Row{Reason::step_up, "no auth_time", nullptr,
        {"the token does not say when its holder logged in, so no max_age can hold.", "portcullis verify - with the token: there is no auth_time.",
         "Have the issuer put auth_time into access tokens (at Auth0: an Action).", {}}},
    Row{Reason::step_up, "", nullptr,
        {"the login is longer ago than this route allows. A refreshed token keeps the time of its login.", "The detail shows how long ago it was.",
         "Log in anew with max_age as the challenge says.", {}}},
    Row{Reason::forbidden, "the page ", nullptr,
        {"a page of another origin opened a WebSocket.", "The detail names the page.",
         "If it is one of yours, add its origin to cors.origins, letter by letter as the detail has it.", {}}},
    Row{Reason::forbidden, "serve.proxies", nullptr,
        {"a proxy that the configuration does not list, or somebody who reaches the port past the proxy.", "Is the address in the detail one of your proxies?",
         "If it is, add it to serve.proxies. If not, let nobody but the proxies reach serve.listen.", {}}},
    Row{Reason::forbidden, "", nullptr,
        {"missing permission: the caller lacks a role, organization, client or claim that the rule names, or has one that none forbids.", "Compare missing with the claims of the token.",
         "Grant it at the issuer and log in again, or log in for the right organization.", missing_permission}},

    Row{Reason::keys_unavailable, "", name_not_found,
        {"issuer unreachable: its name cannot be looked up (DNS): it is misspelt, or there is no DNS in this private network.", "portcullis keys fetches from where you are; compare the host in the detail with the issuer's.",
         "Correct domain, issuer or jwks_uri; if they are right, give this network DNS.", unreachable}},
    Row{Reason::keys_unavailable, "metadata", nullptr,
        {"the issuer answers, and its metadata does not lead to its keys: the issuer is spelt otherwise there (the final slash counts), or its keys are on another host.", "Compare issuer and jwks_uri in the document at the URL of the detail.",
         "Write issuer as it is there, or jwks_uri beside it.", unreachable}},
    Row{Reason::keys_unavailable, "HTTP status", nullptr,
        {"issuer unreachable: it answers, but not with keys; the URL is wrong or the issuer is in trouble.", "portcullis keys fetches from where you are; open the URL of the detail.",
         "Correct domain, issuer or jwks_uri; if they are right, wait for the issuer.", unreachable}},
    Row{Reason::keys_unavailable, "certificate", nullptr,
        {"issuer unreachable: its certificate is not trusted here; a proxy that opens TLS, or missing roots.", "portcullis keys fetches from where you are.",
         "Put the roots to trust into SSL_CERT_FILE (in a bundle: ca.pem).", unreachable}},
    Row{Reason::keys_unavailable, "TLS roots", nullptr,
        {"issuer unreachable: there are no TLS roots to trust its certificate by.", "The detail names the file.",
         "Install the platform's certificates, or set SSL_CERT_FILE (in a bundle: ca.pem).", unreachable}},
    Row{Reason::keys_unavailable, "in time", nullptr,
        {"issuer unreachable: nothing answers, usually a function in a VPC without a route out, or a firewall.", "portcullis keys fetches from where you are: does it work elsewhere?",
         "Open the way to the issuer's host on port 443 (a NAT gateway; egress rules).", unreachable}},
    Row{Reason::keys_unavailable, "refused", nullptr,
        {"issuer unreachable: nothing listens at that address.", "Compare host and port in the detail with the issuer's.",
         "Correct domain, issuer or jwks_uri; locally, start the tenant (make run).", unreachable}},
    Row{Reason::keys_unavailable, "", nullptr,
        {"issuer unreachable: no way out of a private network, DNS, or an issuer that is down.", "portcullis keys fetches from where you are.",
         "The detail has the URL and the last error: restore the way there. The keys are then fetched by themselves.", unreachable}},

    Row{Reason::expired, "", expired_long_ago,
        {"the client keeps its token and does not renew it; a clock does not differ by so much.", "Look at when the client fetches its tokens.",
         "Renew the token before exp (refresh token, silent login). Log in again.", clocks}},
    Row{Reason::expired, "", nullptr,
        {"clock: this machine's is fast, or the client renews its token a little late.", "Is a new token refused as well? Then it is the clock: portcullis check --online compares it with the issuer's.",
         "Set the clock. If only old tokens are refused, renew them earlier.", clocks}},
    Row{Reason::not_yet, "", nullptr,
        {"clock: this machine's is slow, or the issuer's is fast.", "portcullis check --online compares this clock with the issuer's.",
         "Set the clock. leeway up to 300s is a bandage.", clocks}},

    Row{Reason::insufficient_scope, "as a scope", nullptr,
        {"missing permission: the rule says permission: and the token has that word as a scope.", "The detail shows what the token has.",
         "Write scope: in the rule, or have the issuer put permissions into the token.", missing_permission}},
    Row{Reason::insufficient_scope, "as a permission", nullptr,
        {"missing permission: the rule says scope: and the token has that word as a permission.", "The detail shows what the token has.",
         "Write permission: in the rule, or request the scope at login.", missing_permission}},
    Row{Reason::insufficient_scope, "no permissions claim", nullptr,
        {"missing permission: the issuer puts no permissions into the token at all.", "With Auth0: the API's settings, RBAC, Add Permissions in the Access Token.",
         "Switch it on, grant the permission, and log in again: a token that is out does not change.", missing_permission}},
    Row{Reason::insufficient_scope, "no scope claim", nullptr,
        {"missing permission: the login asked for no scope of this API.", "Look for the parameter scope in the login request.",
         "Request the scope at login, and log in again: a token that is out does not change.", missing_permission}},
    Row{Reason::insufficient_scope, "", nullptr,
        {"missing permission: it was not granted to this person or client, or the scope was not requested at login.", "The detail shows what is needed and what the token has.",
         "Grant it at the issuer and log in again: a token that is out does not change.", missing_permission}},
    Row{Reason::no_route, "", nullptr,
        {"no rule for this method and path: a new endpoint, another method, a slash too many, or the stage written into the rule.", "portcullis decide --list shows the routes that there are.",
         "If it should be reachable, list it under routes.", missing_permission}},

    Row{Reason::no_credentials, "", nullptr,
        {"the client sends no Authorization header, another scheme, or the token without the word Bearer.", "Look at the request as it leaves the client.",
         "Send the header: Authorization: Bearer <access token>.", {}}},
    Row{Reason::bad_request, "the path", nullptr,
        {"a client that builds paths by pasting, or a scanner.", "The detail names what was found in the path.", "Send a plain path.", {}}},
    Row{Reason::bad_request, "", nullptr,
        {"a proxy or a client adds a second header or a second token.", "The detail names what was found.", "Send one Authorization header with one token.", {}}},
    Row{Reason::malformed, "", nullptr,
        {"the token was cut short or copied with quotes, blanks, padding or a line end; or its signature was removed.", "The detail gives the place.", "Send the token whole and unchanged.", {}}},
    Row{Reason::bad_json, "", nullptr,
        {"a home-made issuer, or something in between that rewrites tokens.", "Compare with a token fresh from the issuer.", "Mend the issuer.", {}}},
    Row{Reason::too_large, "", nullptr,
        {"roles, groups or profiles were put into the access token.", "The detail names the limit that was passed.", "Put fewer or smaller claims into it.", {}}},
    Row{Reason::alg_not_allowed, "", nullptr,
        {"the API is set to another algorithm at the issuer (HS256, say); or somebody tries an algorithm confusion.", "Compare the detail with algorithms in the configuration.",
         "Set the signing algorithm at the issuer to the configured one, usually RS256. Never widen the list to make a token fit.", {}}},
    Row{Reason::header_forbidden, "", nullptr,
        {"an attack, or an issuer that attaches certificates or compresses tokens.", "The detail names the parameter.", "Ask who made this token.", {}}},
    Row{Reason::bad_claim, "client ", nullptr,
        {"a client that is not in the list clients sent its token here.", "The detail names the client.", "Add it to clients if it may call this API.", {}}},
    Row{Reason::bad_claim, "came as DPoP", nullptr,
        {"the issuer gave an ordinary token to a client that asked for a bound one, or the client always writes DPoP.", "Does the token have cnf.jkt?", "Send it as Bearer, or switch DPoP on for this API and client at the issuer.", {}}},
    Row{Reason::bad_claim, "", nullptr,
        {"an action or rule at the issuer sets the claim in another form, or the token is of another profile than the configuration says.", "The detail names the claim.", "Mend it where the issuer sets it.", {}}},
    Row{Reason::certificate_mismatch, "a WebSocket's handshake", nullptr,
        {"the event of a WebSocket's handshake tells neither the URL that a proof is for nor a client certificate.", {}, "Open WebSockets with a token that is not bound to its sender.", {}}},
    Row{Reason::certificate_mismatch, "TOKEN event", nullptr,
        {"the authorizer is of type TOKEN, and API Gateway tells such a one no client certificate.", {}, "Use a REQUEST authorizer.", {}}},
    Row{Reason::certificate_mismatch, "there was none", nullptr,
        {"the client connected without its certificate, or past the domain that asks for one.", "Is mutual TLS on for the custom domain, and the default execute-api endpoint off?",
         "Call the domain with mutual TLS, with the certificate that the token was issued to.", {}}},
    Row{Reason::certificate_mismatch, "", nullptr,
        {"the client has a new certificate and an old token; or a token was copied.", {}, "Get a new token with the certificate that the client uses now.", {}}},
    Row{Reason::dpop_missing, "a WebSocket's handshake", nullptr,
        {"the event of a WebSocket's handshake tells neither the URL that a proof is for nor a client certificate.", {}, "Open WebSockets with a token that is not bound to its sender.", {}}},
    Row{Reason::dpop_missing, "TOKEN event", nullptr,
        {"the authorizer is of type TOKEN, and API Gateway tells such a one no DPoP header.", {}, "Use a REQUEST authorizer.", {}}},
    Row{Reason::dpop_missing, "not bound", nullptr,
        {"the client got an ordinary token: it sent no proof when it asked for one.", "Does the token have cnf.jkt?", "Switch DPoP on in the client, or take sender: dpop off the route.", {}}},
    Row{Reason::dpop_missing, "", nullptr,
        {"the client sends its token as an ordinary one; or a token was copied.", {}, "Send Authorization: DPoP <token> and a new proof in the header DPoP. Or switch DPoP off for this API at the issuer.", {}}},
    Row{Reason::dpop_invalid, "a WebSocket's handshake", nullptr,
        {"the event of a WebSocket's handshake tells neither the URL that a proof is for nor a client certificate.", {}, "Open WebSockets with a token that is not bound to its sender.", {}}},
    Row{Reason::dpop_invalid, "htu", nullptr,
        {"the client and this API call the URL by different names: a CDN or custom domain in front, the stage left out, http for https.", "Compare the client's htu with what stands in front of the route's path.",
         "Set lambda.public_base_url, behind a proxy serve.public_base_url, to the URL that clients use.", {}}},
    Row{Reason::dpop_invalid, "iat", nullptr,
        {"the client's clock differs, or it keeps proofs and sends them late.", "Compare the clocks.", "Make a new proof for each request.", {}}},
    Row{Reason::dpop_invalid, "", nullptr,
        {"a client that makes its proofs by hand, or somebody who has a copy of the token and not its key.", "The detail names the part that does not fit.", "Let a library make the proofs (RFC 9449 §4.2).", {}}},
    Row{Reason::dpop_replayed, "", nullptr,
        {"a client that repeats a request with the proof it had; or somebody who copied the request.", {}, "Make a new proof, with a new jti, for each request, also for a repeated one.", {}}},
    Row{Reason::dpop_nonce, "", nullptr,
        {"the ordinary start of a conversation: the first proof has no nonce yet. If it goes on, the client ignores DPoP-Nonce, or several servers answer it that have no dpop.nonce_secret in common.", {}, "Repeat the request with the nonce of the DPoP-Nonce header in the proof.", {}}},
    Row{Reason::rate_limited, "bad tokens", nullptr,
        {"an address sent many tokens that were refused: a client that repeats an old or foreign token, a test against the wrong tenant, or somebody guessing.",
         "The access log of the proxy or gateway tells the address; refusals before this line say what is wrong with its tokens.",
         "Mend the client, or wait as long as Retry-After says. If many people share the address, raise failed_tokens.", {}}},
    Row{Reason::rate_limited, "", nullptr,
        {"the caller calls more often than the route's limit allows: a loop, a retry without a pause, or a limit that is too small for its work.",
         "The detail names the limit; subject_hash tells whether it is one caller or many.",
         "Have the client wait as long as Retry-After says. If the work is legitimate, raise rate or burst; mode: report shows beforehand whom a limit would refuse.", {}}},
    Row{Reason::store_unavailable, "when_store_fails", nullptr,
        {"the store that machines share is out of reach, and when_store_fails: deny refuses then.", "The detail has the last error; does redis-cli reach the store from there?",
         "Restore the way to the store. when_store_fails: local goes on meanwhile, each machine for itself.", {}}},
    Row{Reason::store_unavailable, "", nullptr,
        {"more DPoP proofs than one process can remember.", "The detail says what is full.", "Shorten dpop.window, or run more instances.", {}}},
    Row{Reason::internal, "the proxy ", nullptr,
        {"the proxy asks in another way than portcullis serve expects: a line of its configuration is missing or changed.", "The detail names what is missing.",
         "Print the proxy's configuration again, portcullis check --proxy NAME, and use it as it is.", {}}},
    Row{Reason::internal, "", nullptr,
        {"the authorizer is attached to another kind of API, or its event was made by hand.", "The function error's message says what was wrong with the event.",
         "Attach it to a REST API (TOKEN or REQUEST), an HTTP API (payload 1.0 or 2.0) or the route $connect of a WebSocket API.", {}}},
};
// clang-format on

}  // namespace

LikelyCause likely_cause(Reason reason, std::string_view detail) {
  for (const Row& row : rows)
    if (row.reason == reason && detail.find(row.part) != detail.npos && (!row.fits || row.fits(detail)))
      return row.cause;
  if (reason == Reason::ok) return {};
  return {{}, {}, facts(reason).advice, {}};
}

}  // namespace portcullis::cli
