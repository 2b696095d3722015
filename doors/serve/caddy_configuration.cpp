// Caddy: forward_auth.
#include "doors/serve/proxy_text.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view text = R"(# Caddy asks portcullis about each request: forward_auth, since Caddy 2.5.1.
# Printed by: portcullis check --proxy caddy
# For /etc/caddy/Caddyfile. Change the lines marked with <-.
# %TRUST%

# <- the name of your site: then Caddy gets a certificate for it, too
:80 {
	# Without route, Caddy would sort these lines, and remove the headers that portcullis has sent.
	route {
		# What clients say of themselves; names with _ or . too: many a backend takes X_Auth_Subject for X-Auth-Subject.
%REMOVE%		request_header -*_*
		request_header -*.*
		request_header -X-Original-*
		request_header -X-Forwarded-Method
		request_header -X-Forwarded-Uri

		# Connection: X-Auth-Subject would have the header removed that portcullis has sent.
		@upgrade header Upgrade *
		@plain not header Upgrade *
		request_header @upgrade Connection Upgrade
		request_header @plain -Connection

		# serve.listen. With a query of its own the client's is not appended; portcullis ignores it.
		forward_auth %SERVER% {
			uri /auth/caddy?v=1
			header_up -Cookie
			copy_headers%IDENTITY%
			transport http {
				dial_timeout 1s
				response_header_timeout 3s
			}
		}

		# <- what is to be protected
		reverse_proxy 127.0.0.1:9000
	}
}
)";

}  // namespace

ProxyText caddy_configuration(const ProxyFacts& facts) {
  std::string names;
  for (const std::string& name : facts.identity) names += ' ' + name;
  return filled_in(
      text, {{"TRUST", facts.trust},
             {"REMOVE", line_for_each(facts.identity, "\t\trequest_header -%H%")},
             {"SERVER", facts.listen.socket.empty() ? authority_of(facts.listen) : "unix/" + facts.listen.socket},
             {"IDENTITY", names}});
}

}  // namespace portcullis::serve
