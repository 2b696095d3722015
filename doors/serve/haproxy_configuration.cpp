// HAProxy: a Lua action, with the client that HAProxy has built in.
#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text =
    R"(# HAProxy asks portcullis about each request: Lua with core.httpclient, since HAProxy 2.6.
# Printed by: portcullis check --proxy haproxy
# Two files, each from its line ==> on. Change the lines marked with <-. To split them:
#   portcullis check --proxy haproxy | awk '/^# ==> /{file = $3; next} file{print > file}'
# %TRUST%

# ==> portcullis.lua
-- Asks portcullis about a request: every request that is not allowed is answered here.
local identity = {%IDENTITY%}
local for_clients = {%FOR_CLIENTS%}
local of_refusals = { "www-authenticate", "dpop-nonce", "retry-after", "cache-control", "content-type",
  "ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset" }

-- The values of one header in the order in which they came; HAProxy counts them from 0.
local function in_order(values)
  local list, at = {}, 0
  while values[at] do
    table.insert(list, values[at])
    at = at + 1
  end
  return list
end

local function refuse(txn, answer)
  local reply = txn:reply()
  if not answer or not answer.status or answer.status < 400 then
    reply:set_status(503)  -- portcullis cannot be reached
    reply:add_header("content-type", "application/json")
    reply:set_body('{"message":"Service Unavailable"}')
  else
    reply:set_status(answer.status)
    for _, name in ipairs(of_refusals) do
      if answer.headers[name] then reply:add_header(name, answer.headers[name][0]) end
    end
    reply:set_body(answer.body or "")
  end
  txn:done(reply)
end

core.register_action("portcullis", { "http-req" }, function(txn)
  local sent, asked = txn.http:req_get_headers(), {}
  for _, name in ipairs({ "authorization", "dpop" }) do
    if sent[name] then asked[name] = in_order(sent[name]) end
  end
  asked["x-original-method"] = { txn.sf:method() }
  asked["x-original-uri"] = { txn.sf:pathq() }
  asked["x-original-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
  asked["x-original-host"] = { txn.sf:req_hdr("host") }
  asked["x-original-address"] = { txn.sf:src() }
  local answer = core.httpclient():get{
    url = "http://%SERVER%/auth/haproxy", headers = asked, timeout = 3000%DESTINATION% }
  if not answer or answer.status ~= 200 then refuse(txn, answer) end
  for _, name in ipairs(identity) do
    if not answer.headers[name] then refuse(txn, nil) end  -- somebody else has answered
    txn.http:req_set_header(name, answer.headers[name][0])
  end
  for _, name in ipairs(for_clients) do
    if answer.headers[name] then txn:set_var("txn." .. name:gsub("-", "_"), answer.headers[name][0]) end
  end
  txn:set_var("txn.portcullis", "allowed")
end, 0)

# ==> haproxy.cfg
global
  lua-load /etc/haproxy/portcullis.lua  # <-
  tune.bufsize 32768  # a request's headers, and all identity headers

defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h

frontend portcullis_web
  bind :80  # <- :443 ssl crt FILE

  # What clients say of themselves; names with _ or . too: many a backend takes X_Auth_Subject for X-Auth-Subject.
%REMOVE%  http-request del-header _ -m sub
  http-request del-header . -m sub
  http-request del-header x-original- -m beg
  http-request del-header x-forwarded- -m beg
  http-request del-header Forwarded
  # Connection: X-Auth-Subject would have the header removed that portcullis has sent.
  http-request set-header Connection Upgrade if { req.hdr(upgrade) -m found }
  http-request del-header Connection unless { req.hdr(upgrade) -m found }

  http-request lua.portcullis
  # Should the script fail, nothing passes.
  http-request return status 503 content-type application/json string '{"message":"Service Unavailable"}' unless { var(txn.portcullis) -m str allowed }
%RESPONSE%  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http unless { ssl_fc }
  option forwardfor
  default_backend portcullis_backend

backend portcullis_backend
  server protected 127.0.0.1:9000  # <- what is to be protected
)";

std::string lua_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? " \"" : ", \"") + in_small_letters(name) + '"';
  return list.empty() ? list : list + ' ';
}

}  // namespace

ProxyText haproxy_configuration(const ProxyFacts& facts) {
  const bool socket = !facts.listen.socket.empty();
  return filled_in(
      text,
      {{"TRUST", facts.trust},
       {"IDENTITY", lua_list(facts.identity)},
       {"FOR_CLIENTS", lua_list(facts.for_clients)},
       {"SERVER", socket ? "portcullis" : authority_of(facts.listen)},
       {"DESTINATION", socket ? ", dst = \"unix@" + facts.listen.socket + '"' : std::string{}},
       {"REMOVE", line_for_each(facts.identity, "  http-request del-header %H%")},
       {"RESPONSE", line_for_each(facts.for_clients,
                                  "  http-response set-header %H% %[var(txn.%v%)] if { var(txn.%v%) -m found }")}});
}

}  // namespace portcullis::serve
