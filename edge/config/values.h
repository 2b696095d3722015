// Single values of the configuration: durations, algorithms, issuers, access, secrets.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge/config/config.h"

namespace portcullis::config {

/// "30s", "5m", "24h", "7d", or a bare "0". @returns nullopt for anything else
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// The known word nearest to a misspelt one, at most two letters away; empty: none.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

/// An issuer as people write it.
struct IssuerNames {
  std::string issuer;  // "https://example.eu.auth0.com/"
  RemoteKeys keys;     // where they are, if nobody says otherwise
};
/// A bare host, host/, or URL of an Auth0 tenant, whose key set has a known place. @returns why not, as a sentence
Result<IssuerNames, std::string> tenant_names(std::string_view domain, Purpose purpose);
/// A whole issuer URL, kept byte for byte (the final slash counts). Its metadata says where the keys are.
Result<IssuerNames, std::string> issuer_names(std::string_view url, Purpose purpose);
/// @returns why this URL cannot be fetched, as a sentence; empty: it can
std::string fault_of_key_url(std::string_view url, Purpose purpose);

/// "HOST", "HOST:PORT", "[::1]:PORT".
struct HostPort {
  std::string host;  // without brackets
  std::optional<std::uint16_t> port;
};
/// @returns nullopt for what is no name, no address, or no port from 0 to 65535
std::optional<HostPort> split_host_port(std::string_view text);
/// Whether only this machine is meant: localhost, 127.0.0.0/8, ::1, with or without brackets.
bool is_loopback(std::string_view host);

/// A claim that can be named without a pointer: letters, digits and '_'.
bool is_plain_claim(std::string_view name);
/// A header field of letters, digits and hyphens, at most 64: each server and proxy lets it through.
bool is_field_name(std::string_view name);
/// 1 to 64 letters, digits, '-' and '_'.
bool is_limit_name(std::string_view name);

/// Whether the value still is a text from somebody's example.
bool is_placeholder(std::string_view domain);

}  // namespace portcullis::config
