// Where a Redis (6 or newer) or Valkey is, and how long is waited for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace portcullis::net {

struct RedisAddress {
  std::string host;
  std::uint16_t port = 6379;
  enum class Security : std::uint8_t { plain, tls } security = Security::plain;
  std::string user;      // ACL user (Redis 6); empty: the default one
  std::string password;  // empty: none. Never in a message

  /// As messages name it.
  std::string name() const {
    const bool bracketed = host.find(':') != std::string::npos;
    return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

struct RedisDeadlines {
  std::chrono::milliseconds connect{100};
  std::chrono::milliseconds command{5};  // 20 in a Lambda
  // After so many failures in a row within a second nothing is asked any more; once a second one question tries again.
  int failures = 3;
  std::chrono::milliseconds pause{1000};
};

}  // namespace portcullis::net
