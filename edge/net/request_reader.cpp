#include "edge/net/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace portcullis::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t usual_octets = 2 * 1024;         // what a connection holds while it is idle
constexpr std::size_t many_octets = 4 * usual_octets;  // what it gives back when it falls idle
constexpr std::size_t usual_fields = 16;

}  // namespace

RequestReader::Parser::Parser(RequestReader& reader) : reader_(reader) {
  header_limit(std::numeric_limits<std::uint32_t>::max());  // ours counts request line and fields together
  body_limit(boost::none);                                  // nobody keeps it
}

void RequestReader::Parser::on_request_impl(http::verb, text method, text target, int version, error_code&) {
  reader_.method_ = method;
  reader_.target_ = target;
  reader_.version_ = version == 11 ? HttpVersion::http_1_1 : HttpVersion::http_1_0;
}

void RequestReader::Parser::on_field_impl(http::field, text name, text value, error_code& error) {
  if (is_header_done()) return;  // a trailer: no header field (RFC 9110 §6.5.1)
  if (reader_.fields_.size() == reader_.most_fields_) {
    error = http::error::header_limit;
    return;
  }
  // A value of several lines was put together elsewhere: readers join them differently (RFC 9112 §5.2).
  const char* const begin = reader_.octets_.get();
  const bool in_place = !std::less<>{}(value.data(), begin) && std::less<>{}(value.data(), begin + reader_.end_);
  if (!value.empty() && !in_place) {
    error = http::error::bad_obs_fold;
    return;
  }
  reader_.framing_.add(name, value);
  reader_.fields_.push_back({name, value});
}

RequestReader::RequestReader(std::size_t header_bytes, std::size_t fields)
    : header_bytes_(header_bytes), most_fields_(fields) {}

void RequestReader::clear() noexcept {
  parser_.reset();
  begin_ = parsed_ = end_ = 0;
}

void RequestReader::rest() noexcept {
  if (parser_ && parser_->is_header_done()) {
    parser_.reset();
    begin_ = parsed_;
  }
  if (begin_ != end_) return;
  begin_ = parsed_ = end_ = 0;
  if (capacity_ <= many_octets) return;
  octets_.reset();
  capacity_ = 0;
}

std::span<char> RequestReader::room() {
  rest();
  if (capacity_ == 0) {
    capacity_ = std::min(usual_octets, header_bytes_ + 1);
    octets_ = std::make_unique_for_overwrite<char[]>(capacity_);
  } else if (end_ == capacity_) {
    make_room();
  }
  return {octets_.get() + end_, capacity_ - end_};
}

void RequestReader::make_room() {
  const std::size_t used = end_ - begin_;
  const char* const from = octets_.get() + begin_;
  std::unique_ptr<char[]> larger;
  if (begin_ <= capacity_ / 2) {
    capacity_ = std::min(2 * capacity_, header_bytes_ + 1);  // one octet beyond the bound shows that it was passed
    larger = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  char* const to = larger ? larger.get() : octets_.get();
  const auto moved = [&](std::string_view view) {
    return view.empty() ? view : std::string_view{to + (view.data() - from), view.size()};
  };
  method_ = moved(method_);
  target_ = moved(target_);
  for (FieldView& field : fields_) field = {moved(field.name), moved(field.value)};
  std::memmove(to, from, used);
  if (larger) octets_ = std::move(larger);
  parsed_ -= begin_;
  begin_ = 0;
  end_ = used;
}

error_code RequestReader::parse() {
  error_code error;
  parsed_ += parser_->put(boost::asio::const_buffer{octets_.get() + parsed_, end_ - parsed_}, error);
  return error;
}

RequestReader::Found RequestReader::refuse(int status) {
  refusal_ = status;
  usable_ = false;
  return Found::refused;
}

RequestReader::Found RequestReader::next() {
  if (!parser_ || parser_->is_header_done()) {
    begin_ = parsed_;
    parser_.reset();
    if (begin_ == end_) return Found::nothing;
    parser_.emplace(*this);
    method_ = target_ = {};
    fields_.clear();
    fields_.reserve(usual_fields);
    framing_ = {};
  }
  const error_code error = parse();
  const bool incomplete = error == http::error::need_more;
  const std::size_t header = (incomplete ? end_ : parsed_) - begin_;
  if (error == http::error::header_limit || header > header_bytes_) return refuse(431);
  if (incomplete) return Found::nothing;
  if (error) return refuse(400);
  if (const auto status = framing_.refusal(version_)) return refuse(*status);
  usable_ = parser_->keep_alive();
  skip_body();
  return Found::request;
}

void RequestReader::skip_body() {
  while (!parser_->is_done())
    if (parsed_ == end_ || parse()) break;
  body_complete_ = parser_->is_done();
  usable_ = usable_ && body_complete_;
}

}  // namespace portcullis::net
