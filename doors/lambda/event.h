// Authorizer events, from JSON to a Request. gateway.md §2.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "doors/lambda/method_arn.h"
#include "portcullis/authorizer.h"

namespace portcullis::lambda {

/// Which kind of API asks, and in which format: it decides the form of the answer (gateway.md §3).
enum class EventForm : std::uint8_t {
  rest,        // TOKEN or REQUEST
  http_1,      // HTTP API, payload 1.0
  http_2,      // HTTP API, payload 2.0
  web_socket,  // WebSocket API, $connect
};

/// How much of the request an event tells of what proves a token's sender.
enum class EventCarries : std::uint8_t {
  token_alone,    // TOKEN: neither proof nor certificate is ever seen
  headers_alone,  // $connect: neither path, so no URL that a proof is for, nor certificate (gateway.md §2.4)
  whole_request,
};

/// A decoded event; owns what request() points into.
class AuthorizerEvent {
 public:
  EventForm form() const noexcept { return form_; }
  EventCarries carries() const noexcept { return carries_; }
  const MethodArn& arn() const noexcept { return arn_; }
  /// Views into this object: valid while it lives and is not moved.
  Request request() const noexcept { return {arn_.verb, path_, address_, headers_, url_, certificate_}; }
  /// Which pages ask for a WebSocket: each value of the header Origin that a $connect event tells. Browsers always send
  /// one.
  const std::vector<std::string>& pages() const noexcept { return pages_; }

  /// Reads a TOKEN or REQUEST event of a REST API, an event of an HTTP API, or the $connect event of a WebSocket API.
  /// Absent, null and empty members are the same; the method and path are those of the ARN, because that is what the
  /// gateway will judge the policy against. What a query string holds is no credential.
  /// @returns why the event is unusable, as a sentence that quotes none of it: a function error, never
  ///          an answer
  static Result<AuthorizerEvent, std::string> parse(std::string_view json);

  AuthorizerEvent(const AuthorizerEvent&) = delete;
  AuthorizerEvent(AuthorizerEvent&&) = default;

 private:
  AuthorizerEvent() = default;
  void add_header(std::string_view name, std::string value);

  EventForm form_ = EventForm::rest;
  EventCarries carries_ = EventCarries::whole_request;
  MethodArn arn_;
  std::string path_;
  std::string address_;
  std::string url_;
  std::string certificate_;
  std::vector<std::unique_ptr<std::string>> values_;  // stable addresses for the views in headers_
  std::vector<Header> headers_;
  std::vector<std::string> pages_;

  friend struct EventReader;
};

/// The limits an event is parsed with: Lambda's own 6 MiB.
inline constexpr JsonLimits event_limits{.bytes = 6 * 1024 * 1024 + 100, .depth = 32, .members = 1024, .items = 1024};

}  // namespace portcullis::lambda
