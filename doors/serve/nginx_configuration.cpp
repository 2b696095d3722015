// nginx: auth_request. It understands 2xx, 401 and 403; what else is answered reaches the client by error_page.
#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text =
    R"(# nginx asks portcullis about each request: ngx_http_auth_request_module, part of the usual packages.
# Printed by: portcullis check --proxy nginx
# For the context http, as /etc/nginx/conf.d/portcullis.conf. Change the lines marked with <-.
# %TRUST%

upstream portcullis {
  server %SERVER%;  # serve.listen
  keepalive 32;
}
upstream portcullis_backend {
  server 127.0.0.1:9000;  # <- what is to be protected
}
map $http_upgrade $portcullis_connection {
  default upgrade;
  ""      "";
}

server {
  listen 80;  # <- 443 ssl, with your certificate
  server_name _;  # <-

  # Names with _ or . are dropped: many a backend takes X_Auth_Subject for X-Auth-Subject.
  underscores_in_headers off;
  ignore_invalid_headers on;
  large_client_header_buffers 4 16k;  # a token may be longer than the usual 8k

  location = /_portcullis {
    internal;
    proxy_pass http://portcullis/auth/nginx;
    proxy_http_version 1.1;
    # Nothing that the client sent but its credentials, so none of its headers is taken for ours.
    proxy_pass_request_headers off;
    proxy_pass_request_body off;
    proxy_set_header Connection "";
    proxy_set_header Content-Length "";
    proxy_set_header Authorization $http_authorization;
    proxy_set_header DPoP $http_dpop;
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Original-URI $request_uri;
    proxy_set_header X-Original-Proto $scheme;
    proxy_set_header X-Original-Host $http_host;
    proxy_set_header X-Original-Address $remote_addr;
    proxy_connect_timeout 1s;
    proxy_read_timeout 3s;
    proxy_buffer_size 32k;  # room for all identity headers
    proxy_buffers 4 32k;
  }

  # Every path goes through here: which of them are public is said in portcullis.yaml. A location of its own needs
  # all of these lines, and no return, rewrite or try_files, which come before auth_request.
  location / {
    auth_request /_portcullis;
    auth_request_set $portcullis_status $upstream_status;
    auth_request_set $portcullis_challenge $upstream_http_www_authenticate;
    auth_request_set $portcullis_retry_after $upstream_http_retry_after;
%SET_FOR_CLIENTS%%SET_IDENTITY%    error_page 401 = @portcullis_401;
    error_page 403 = @portcullis_403;
    error_page 500 = @portcullis_500;
%ADD_FOR_CLIENTS%
    # Who calls, instead of what the client says of itself.
%IDENTITY%    proxy_set_header X-Original-Method "";
    proxy_set_header X-Original-URI "";
    proxy_set_header X-Original-Proto "";
    proxy_set_header X-Original-Host "";
    proxy_set_header X-Original-Address "";
    proxy_set_header X-Forwarded-Method "";
    proxy_set_header X-Forwarded-Uri "";
    proxy_set_header X-Forwarded-Prefix "";
    proxy_set_header Forwarded "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;

    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;  # WebSockets: one question, at the handshake
    proxy_set_header Connection $portcullis_connection;
    proxy_http_version 1.1;
    proxy_pass http://portcullis_backend;  # without a path: the backend gets the one that was decided about
  }

  location @portcullis_401 {
    internal;
    default_type application/json;
%ADD_FOR_CLIENTS%    return 401 '{"message":"Unauthorized"}';  # nginx itself adds WWW-Authenticate
  }
  location @portcullis_403 {
    internal;
    default_type application/json;
    add_header WWW-Authenticate $portcullis_challenge always;
    return 403 '{"message":"Forbidden"}';
  }
  location @portcullis_500 {  # what nginx makes of 400, 429, 500 and 503
    internal;
    default_type application/json;
    add_header WWW-Authenticate $portcullis_challenge always;
    add_header Retry-After $portcullis_retry_after always;
%ADD_FOR_CLIENTS%    if ($portcullis_status = 400) {
      return 400 '{"message":"Bad Request"}';
    }
    if ($portcullis_status = 429) {
      return 429 '{"message":"Too Many Requests"}';
    }
    if ($portcullis_status = 500) {
      return 500 '{"message":"Internal Server Error"}';
    }
    return 503 '{"message":"Service Unavailable"}';  # portcullis cannot decide, or cannot be reached
  }
}
)";

}  // namespace

ProxyText nginx_configuration(const ProxyFacts& facts) {
  const std::string server = facts.listen.socket.empty() ? authority_of(facts.listen) : "unix:" + facts.listen.socket;
  return filled_in(
      text,
      {{"TRUST", facts.trust},
       {"SERVER", server},
       {"SET_FOR_CLIENTS",
        line_for_each(facts.for_clients, "    auth_request_set $portcullis_%v% $upstream_http_%v%;")},
       {"SET_IDENTITY", line_for_each(facts.identity, "    auth_request_set $portcullis_%v% $upstream_http_%v%;")},
       {"ADD_FOR_CLIENTS", line_for_each(facts.for_clients, "    add_header %H% $portcullis_%v% always;")},
       {"IDENTITY", line_for_each(facts.identity, "    proxy_set_header %H% $portcullis_%v%;")}});
}

}  // namespace portcullis::serve
