// HTTP messages as the doors see them: no Beast type leaves edge/net.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portcullis::net {

/// Header fields in the order received or to be sent, names as written, duplicates kept.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// The first value of this name, case-insensitively; empty when there is none.
  std::string_view first(std::string_view name) const noexcept;
  /// All values of this name, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const noexcept;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

struct HttpRequest {
  std::string method;
  std::string target;  // as sent: path and query, undecoded
  Headers headers;
  std::string body;
  std::string peer;  // address of the other end, without port (server side only)
};

/// With status 101 and an Upgrade header it is the last one of its connection (RFC 9110 §15.2.2): `body` is then what
/// is said in the other protocol, octet for octet, before the sender closes.
struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;  // Content-Length is set by the sender
};

}  // namespace portcullis::net
