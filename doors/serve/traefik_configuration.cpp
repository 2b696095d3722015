// Traefik: the middleware ForwardAuth.
#include <algorithm>

#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text =
    R"(# Traefik asks portcullis about each request: the middleware ForwardAuth of Traefik 3.
# Printed by: portcullis check --proxy traefik
# Two files, each from its line ==> on. Change the lines marked with <-. To split them:
#   portcullis check --proxy traefik | awk '/^# ==> /{file = $3; next} file{print > file}'
# %TRUST%

# ==> traefik.yaml
entryPoints:
  web:
    address: ":80"  # <- :443 with your certificate
    forwardedHeaders:
      trustedIPs: []  # <- the load balancer in front of Traefik, if there is one; list it in serve.proxies, too
    http:
      sanitizePath: true  # so that portcullis and the backend get the same path
      underscoreHeadersStrategy: delete  # since 3.6.20; an older Traefik has only the middleware below
      encodedCharacters:
        allowEncodedSlash: false
        allowEncodedBackSlash: false
        allowEncodedSemicolon: false
        allowEncodedPercent: false
        allowEncodedNullCharacter: false
providers:
  file:
    filename: /etc/traefik/dynamic.yaml  # <-

# ==> dynamic.yaml
http:
  routers:
    # Every path goes through here: which of them are public is said in portcullis.yaml.
    protected:
      rule: PathPrefix(`/`)
      entryPoints: [web]
      middlewares: [portcullis-clean, portcullis]  # in this order
      service: protected
  middlewares:
    # What clients say of themselves, in every spelling that a backend might take for the real one.
    portcullis-clean:
      headers:
        customRequestHeaders:
%REMOVE%    portcullis:
      forwardAuth:
        address: http://%SERVER%/auth/traefik  # serve.listen
        trustForwardHeader: false  # unset is another mode, in which some of the client's pass
        authRequestHeaders: [Authorization, DPoP]
        authResponseHeaders: [%IDENTITY%]
        maxResponseBodySize: 65536
  services:
    protected:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:9000  # <- what is to be protected
)";

}  // namespace

ProxyText traefik_configuration(const ProxyFacts& facts) {
  if (!facts.listen.socket.empty())
    return NoConfiguration{
        "Traefik asks over TCP only: give serve.listen an address and a port instead of a Unix socket"};
  std::string remove, identity;
  for (const std::string& name : facts.identity) {
    constexpr std::ptrdiff_t most_hyphens = 4;  // three spellings of each
    if (std::count(name.begin(), name.end(), '-') > most_hyphens)
      return NoConfiguration{"Traefik removes headers by their exact names, and " + name +
                             " has too many spellings: give it at most 4 hyphens"};
    for (const std::string& spelling : spellings_of(name, "_.")) remove += "          " + spelling + ": \"\"\n";
    identity += (identity.empty() ? "" : ", ") + name;
  }
  return filled_in(
      text,
      {{"TRUST", facts.trust}, {"REMOVE", remove}, {"SERVER", authority_of(facts.listen)}, {"IDENTITY", identity}});
}

}  // namespace portcullis::serve
