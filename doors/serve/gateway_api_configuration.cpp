// Kubernetes Gateway API: the filter ExternalAuth of an HTTPRoute, which speaks Envoy's dialect.
#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text =
    R"(# A gateway asks portcullis about each request: Gateway API's filter ExternalAuth, experimental since 1.4.
# Printed by: portcullis check --proxy gateway-api
# For kubectl apply -f. Change the lines marked with <-.
# %TRUST%
# In a cluster that is where the gateway's pods are; serve.listen is an address of the pod, such as 0.0.0.0:%PORT%.
apiVersion: v1
kind: Service
metadata:
  name: portcullis
spec:
  selector: { app: portcullis }  # <-
  ports:
    - { name: http, port: %PORT%, targetPort: %PORT% }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: protected
spec:
  parentRefs:
    - name: gateway  # <- your Gateway
  rules:
    # Every path goes through here: which of them are public is said in portcullis.yaml.
    - matches:
        - path: { type: PathPrefix, value: / }
      filters:
        - type: ExternalAuth
          externalAuth:
            protocol: HTTP
            backendRef: { name: portcullis, port: %PORT% }
            http:
              path: /auth/envoy
              allowedHeaders: [DPoP, X-Forwarded-For, X-Forwarded-Proto]
              # portcullis sends each of them with every answer, so what a client says of itself is overwritten. (A
              # filter RequestHeaderModifier might come later, and remove what portcullis has sent.)
              allowedResponseHeaders: [%IDENTITY%]
      backendRefs:
        - { name: protected, port: 80 }  # <- what is to be protected
---
# Other spellings, such as X_Auth_Subject, are none of Gateway API's business, but of the gateway's. This is Envoy Gateway's
# word for it; a backend behind another gateway must not take _ or . for a hyphen.
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata:
  name: portcullis
spec:
  targetRefs:
    - { group: gateway.networking.k8s.io, kind: Gateway, name: gateway }  # <- your Gateway
  headers:
    withUnderscoresAction: RejectRequest
    earlyRequestHeaders:
      remove:
%REMOVE%)";

}  // namespace

ProxyText gateway_api_configuration(const ProxyFacts& facts) {
  if (!facts.listen.socket.empty())
    return NoConfiguration{
        "a gateway asks over TCP only: give serve.listen an address and a port instead of a Unix socket"};
  std::string identity, remove;
  for (const std::string& name : facts.identity) {
    identity += (identity.empty() ? "" : ", ") + name;
    for (const std::string& spelling : spellings_of(name, ".")) remove += "        - " + spelling + '\n';
  }
  return filled_in(text, {{"TRUST", facts.trust},
                          {"PORT", std::to_string(facts.listen.port)},
                          {"IDENTITY", identity},
                          {"REMOVE", remove}});
}

}  // namespace portcullis::serve
