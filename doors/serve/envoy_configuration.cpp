// Envoy: the filter ext_authz, as an HTTP service.
#include <algorithm>

#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text = R"(# Envoy asks portcullis about each request: the HTTP filter ext_authz.
# Printed by: portcullis check --proxy envoy
# A whole envoy.yaml. Change the lines marked with <-.
# %TRUST%
# Envoy may add its own address to X-Forwarded-For when it asks: serve.proxies must hold that one, too.

static_resources:
  listeners:
    - name: web
      address: { socket_address: { address: 0.0.0.0, port_value: 80 } }  # <-
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: web
                use_remote_address: true  # X-Forwarded-For and -Proto are made from the connection
                normalize_path: true  # portcullis and the backend get the same path
                merge_slashes: true
                path_with_escaped_slashes_action: REJECT_REQUEST
                common_http_protocol_options:
                  headers_with_underscores_action: REJECT_REQUEST  # X_Auth_Subject is X-Auth-Subject to many a backend
                upgrade_configs:
                  - upgrade_type: websocket
                route_config:
                  virtual_hosts:
                    - name: protected
                      domains: ["*"]
                      routes:
                        # Every path: which of them are public is said in portcullis.yaml.
                        - match: { prefix: "/" }
                          route: { cluster: protected }
                http_filters:
                  # What clients say of themselves. request_headers_to_remove of a route comes too late: it would
                  # remove what portcullis has sent.
                  - name: envoy.filters.http.header_mutation
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                      mutations:
                        request_mutations:
%REMOVE%                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      failure_mode_allow: false
                      status_on_error: { code: ServiceUnavailable }  # portcullis cannot decide, or cannot be reached
                      encode_raw_headers: true  # two Authorization headers stay two, and are refused
                      allowed_headers:
                        patterns:
                          - { exact: dpop, ignore_case: true }
                          - { exact: x-forwarded-for, ignore_case: true }
                          - { exact: x-forwarded-proto, ignore_case: true }
                      http_service:
                        server_uri: { uri: "http://portcullis", cluster: portcullis, timeout: 3s }
                        path_prefix: /auth/envoy
                        authorization_response:
                          allowed_upstream_headers:
                            patterns:
%UPSTREAM%                          allowed_client_headers:
                            patterns:
                              - { exact: www-authenticate, ignore_case: true }
                              - { exact: retry-after, ignore_case: true }
                              - { exact: cache-control, ignore_case: true }
                              - { exact: content-type, ignore_case: true }
%CLIENT%%CLIENT_ON_SUCCESS%                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: portcullis
      connect_timeout: 1s
      load_assignment:
        cluster_name: portcullis
        endpoints:
          - lb_endpoints:
              - endpoint: { address: %SERVER% }  # serve.listen
    - name: protected
      connect_timeout: 2s
      load_assignment:
        cluster_name: protected
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 9000 } } }  # <- what is to be protected
)";

constexpr std::string_view exact_pattern = "                              - { exact: %h%, ignore_case: true }";

std::string server_of(const config::Listening& listen) {
  if (!listen.socket.empty()) return "{ pipe: { path: " + listen.socket + " } }";
  std::string host = host_of(listen);
  if (host.starts_with('[')) host = '"' + host.substr(1, host.size() - 2) + '"';
  return "{ socket_address: { address: " + host + ", port_value: " + std::to_string(listen.port) + " } }";
}

}  // namespace

ProxyText envoy_configuration(const ProxyFacts& facts) {
  std::string remove;
  for (const std::string& name : facts.identity) {
    constexpr std::ptrdiff_t most_hyphens = 5;  // two spellings of each
    if (std::count(name.begin(), name.end(), '-') > most_hyphens)
      return NoConfiguration{"Envoy removes headers by their exact names, and " + name +
                             " has too many spellings: give it at most 5 hyphens"};
    for (const std::string& spelling : spellings_of(in_small_letters(name), "."))
      remove += "                          - remove: " + spelling + '\n';
  }
  const std::string for_clients = line_for_each(facts.for_clients, exact_pattern);
  const std::string on_success = for_clients.empty() ? ""
                                                     : "                          allowed_client_headers_on_success:\n"
                                                       "                            patterns:\n" +
                                                           for_clients;
  return filled_in(text, {{"TRUST", facts.trust},
                          {"REMOVE", remove},
                          {"UPSTREAM", line_for_each(facts.identity, exact_pattern)},
                          {"CLIENT", for_clients},
                          {"CLIENT_ON_SUCCESS", on_success},
                          {"SERVER", server_of(facts.listen)}});
}

}  // namespace portcullis::serve
