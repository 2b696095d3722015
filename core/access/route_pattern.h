// A route as written in the rules: "GET /orders/{id}", "ANY /files/{path+}", "$connect".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"

namespace portcullis {

struct RoutePattern {
  struct Segment {
    enum class Kind : std::uint8_t {
      literal,
      parameter,  // {name}: one segment that is not empty
      rest,       // {name+}: everything below, at least one character
    };
    Kind kind;
    std::string text;  // a literal in normal form; a parameter's name
  };

  std::string method;  // "ANY": every method; empty: the WebSocket route $connect
  std::vector<Segment> segments;

  bool any_method() const noexcept { return method == "ANY"; }
  bool web_socket_connect() const noexcept { return method.empty(); }

  /// API Gateway's own grammar. @returns what is wrong with it, as a sentence
  static Result<RoutePattern, std::string> parse(std::string_view text);
};

/// The path a WebSocket API's handshake has instead of one.
inline constexpr std::string_view web_socket_connect_path = "$connect";

}  // namespace portcullis
