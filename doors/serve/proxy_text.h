// What the texts for all proxies are made of. One file a proxy: NAME_configuration.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doors/serve/proxy_configuration.h"
#include "edge/config/config.h"
#include "portcullis/result.h"

namespace portcullis::serve {

/// What a proxy has to know of a configuration.
struct ProxyFacts {
  config::Listening listen;
  std::vector<std::string> identity;     // names of headers, as configured
  std::vector<std::string> for_clients;  // names of headers that allowed requests are answered with, too
  std::string trust;                     // serve.proxies in words, or that there are none
};

using ProxyText = Result<std::string, NoConfiguration>;
ProxyText nginx_configuration(const ProxyFacts& facts);
ProxyText traefik_configuration(const ProxyFacts& facts);
ProxyText caddy_configuration(const ProxyFacts& facts);
ProxyText haproxy_configuration(const ProxyFacts& facts);
ProxyText envoy_configuration(const ProxyFacts& facts);
ProxyText gateway_api_configuration(const ProxyFacts& facts);

/// `text` with each %NAME% filled in; a name that is none stays.
std::string filled_in(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string>> values);

/// The address with which to reach what listens there: 127.0.0.1 for all addresses, IPv6 in brackets.
std::string host_of(const config::Listening& listen);
/// The same with the port.
std::string authority_of(const config::Listening& listen);

/// "X-Auth-Subject" in small letters.
std::string in_small_letters(std::string_view name);

/// `lines` with a name in each, one after the other: `line` with %H% as configured, %h% in small letters, %v% with an
/// underscore for each hyphen.
std::string line_for_each(const std::vector<std::string>& names, std::string_view line);

/// Every way to write `name` with one of `separators` where it has a hyphen; the name itself first.
std::vector<std::string> spellings_of(std::string_view name, std::string_view separators);

}  // namespace portcullis::serve
