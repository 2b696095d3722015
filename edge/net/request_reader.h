// One connection's input: the requests in what was read, as views, found by Beast's parser.
#pragma once

#include "edge/net/asio_settings.h"

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "edge/net/exchange.h"
#include "edge/net/request_framing.h"

namespace portcullis::net {

/// After its first requests it allocates nothing, unless one is far larger than they were.
class RequestReader {
 public:
  RequestReader(std::size_t header_bytes, std::size_t fields);

  /// Where the next octets go; never empty. Ends the views of the last request.
  std::span<char> room();
  void received(std::size_t octets) noexcept { end_ += octets; }
  /// Whether there is something behind the request that was found.
  bool has_octets() const noexcept { return parsed_ < end_; }
  /// Whether a request has begun whose header is not complete.
  bool has_begun() const noexcept { return parser_ && !parser_->is_header_done(); }
  /// Between two requests, for a connection that may now wait long: ends the views of the last one and gives back what
  /// a large one took. Harmless when something of the next one is here.
  void rest() noexcept;
  /// Throws away what was received, for a connection that is about to end.
  void clear() noexcept;

  enum class Found : std::uint8_t { nothing, request, refused };
  /// Looks for the next request, behind the last one and its body.
  Found next();

  // Of the request that was found; the views live until room() or next().
  std::string_view method() const noexcept { return method_; }
  std::string_view target() const noexcept { return target_; }
  std::span<const FieldView> fields() const noexcept { return fields_; }
  HttpVersion version() const noexcept { return version_; }
  /// Whether the client wants the connection kept, and what comes behind this request begins a new one: an announced
  /// body that has not come with it may never come, and what comes instead must not be taken for it.
  bool leaves_connection_usable() const noexcept { return usable_; }
  /// Whether a body was announced and is not all here.
  bool lacks_body() const noexcept { return !body_complete_; }
  /// The status to refuse what was found with.
  int refusal() const noexcept { return refusal_; }

 private:
  class Parser final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Parser(RequestReader& reader);

   private:
    using error_code = boost::system::error_code;
    using text = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code&) override;
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field, text name, text value, error_code& error) override;
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(text body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return body.size(); }
    void on_finish_impl(error_code&) override {}
    RequestReader& reader_;
  };

  void make_room();
  boost::system::error_code parse();
  Found refuse(int status);
  void skip_body();

  std::size_t header_bytes_, most_fields_;
  std::unique_ptr<char[]> octets_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0, parsed_ = 0, end_ = 0;  // of the request at hand, of what is unread in it, of everything
  std::optional<Parser> parser_;                  // a request is at hand
  RequestFraming framing_;
  std::string_view method_, target_;
  std::vector<FieldView> fields_;
  HttpVersion version_ = HttpVersion::http_1_1;
  bool usable_ = false, body_complete_ = true;
  int refusal_ = 0;
};

}  // namespace portcullis::net
