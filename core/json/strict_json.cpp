#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>  // Boost.JSON is compiled here, once, for the core
#include <cmath>
#include <limits>
#include <utility>

#include "portcullis/json.h"
#include "portcullis/json_writer.h"

namespace portcullis {

namespace parser = boost::json;

// Receives the parser's events and lays the values out flat, parents before children.
// Boost.JSON refuses bad UTF-8, surrogates, BOM, comments and trailing commas by itself; what it lets
// pass is refused here: duplicate names, infinite numbers, and more of anything than the limits allow.
struct JsonBuilder {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  using Node = JsonDocument::Node;
  using ErrorCode = parser::error_code;

  JsonDocument& document;
  const JsonLimits& limits;
  // The innermost container that we are in. While it is open, its `next` is the one around it.
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t open = none;
  std::size_t depth = 0;
  bool in_text = false;  // a string, name or number has begun
  std::uint32_t text_begin = 0;
  const char* refusal = nullptr;  // why we stopped the parser
  Reason reason = Reason::bad_json;

  JsonBuilder(JsonDocument& into, const JsonLimits& allowed) : document(into), limits(allowed) {}

  bool refuse(Reason why, const char* sentence, ErrorCode& error) {
    reason = why;
    refusal = sentence;
    error = parser::make_error_code(parser::error::syntax);
    return false;
  }

  std::uint32_t here() const { return static_cast<std::uint32_t>(document.nodes_.size()); }

  void collect(std::string_view part) {
    if (!in_text) text_begin = static_cast<std::uint32_t>(document.text_.size());
    in_text = true;
    document.text_ += part;
  }

  // Counts the value in its parent; false when the parent is full.
  bool count(ErrorCode& error) {
    if (open == none) return true;
    Node& parent = document.nodes_[open];
    ++parent.children;
    if (parent.kind == JsonKind::object && parent.children > limits.members)
      return refuse(Reason::too_large, "an object has too many members", error);
    if (parent.kind == JsonKind::array && parent.children > limits.items)
      return refuse(Reason::too_large, "an array has too many items", error);
    return true;
  }

  bool add(JsonKind kind, ErrorCode& error, double number = 0, bool truth = false) {
    if (!count(error)) return false;
    const std::uint32_t next = here() + 1;
    Node& node = document.nodes_.emplace_back();  // filled where it lies: a copy of fresh halves would stall
    node.kind = kind;
    node.truth = truth;
    node.next = next;
    node.number = number;
    if (in_text) {
      node.begin = text_begin;
      node.length = static_cast<std::uint32_t>(document.text_.size()) - text_begin;
    }
    in_text = false;
    return true;
  }

  bool begin_container(JsonKind kind, ErrorCode& error) {
    if (depth >= limits.depth) return refuse(Reason::too_large, "nested too deeply", error);
    if (!add(kind, error)) return false;
    document.nodes_.back().next = open;
    open = here() - 1;
    ++depth;
    return true;
  }
  bool end_container() {
    open = std::exchange(document.nodes_[open].next, here());
    --depth;
    return true;
  }

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode& error) { return begin_container(JsonKind::object, error); }
  bool on_object_end(std::size_t, ErrorCode&) { return end_container(); }
  bool on_array_begin(ErrorCode& error) { return begin_container(JsonKind::array, error); }
  bool on_array_end(std::size_t, ErrorCode&) { return end_container(); }

  bool on_key_part(parser::string_view part, std::size_t, ErrorCode&) {
    collect({part.data(), part.size()});
    return true;
  }
  bool on_key(parser::string_view part, std::size_t, ErrorCode& error) {
    collect({part.data(), part.size()});
    const std::string_view name = std::string_view{document.text_}.substr(text_begin);
    if (Json{&document, open}.find_before_end(name, here())) {
      if (limits.duplicates == DuplicateNames::refused)
        return refuse(Reason::bad_json, "a member name appears twice", error);  // RFC 7515 §4, RFC 7519 §4
      document.nodes_[open].truth = true;
    }
    const std::uint32_t next = here() + 1;
    Node& node = document.nodes_.emplace_back();
    node.kind = JsonKind::string;
    node.begin = text_begin;
    node.length = static_cast<std::uint32_t>(name.size());
    node.next = next;
    in_text = false;
    return true;
  }
  bool on_string_part(parser::string_view part, std::size_t, ErrorCode&) {
    collect({part.data(), part.size()});
    return true;
  }
  bool on_string(parser::string_view part, std::size_t, ErrorCode& error) {
    collect({part.data(), part.size()});
    return add(JsonKind::string, error);
  }
  bool on_number_part(parser::string_view part, ErrorCode&) {
    collect({part.data(), part.size()});
    return true;
  }
  bool on_number(double value, parser::string_view part, ErrorCode& error) {
    collect({part.data(), part.size()});
    if (!std::isfinite(value)) return refuse(Reason::bad_json, "a number is too large", error);
    return add(JsonKind::number, error, value);
  }
  bool on_int64(std::int64_t value, parser::string_view part, ErrorCode& error) {
    return on_number(static_cast<double>(value), part, error);
  }
  bool on_uint64(std::uint64_t value, parser::string_view part, ErrorCode& error) {
    return on_number(static_cast<double>(value), part, error);
  }
  bool on_double(double value, parser::string_view part, ErrorCode& error) { return on_number(value, part, error); }
  bool on_bool(bool value, ErrorCode& error) { return add(JsonKind::boolean, error, 0, value); }
  bool on_null(ErrorCode& error) { return add(JsonKind::null, error); }
  bool on_comment_part(parser::string_view, ErrorCode&) { return true; }
  bool on_comment(parser::string_view, ErrorCode&) { return true; }
};

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    return Error{Reason::too_large,
                 std::to_string(text.size()) + " bytes of JSON, limit " + std::to_string(limits.bytes)};
  JsonDocument document;
  document.text_.reserve(text.size());
  document.nodes_.reserve(text.size() / 20 + 8);  // a guess that claims of people and machines rarely pass
  parser::parse_options options;
  options.max_depth = limits.depth + 1;  // our own check comes first and names itself
  parser::basic_parser<JsonBuilder> events{options, document, limits};
  parser::error_code error;
  const std::size_t used = events.write_some(false, text.data(), text.size(), error);
  const JsonBuilder& builder = events.handler();
  if (builder.refusal) return Error{builder.reason, std::string{builder.refusal} + ", at byte " + std::to_string(used)};
  if (error) return Error{Reason::bad_json, "not strict JSON, at byte " + std::to_string(used)};
  if (!events.done()) return Error{Reason::bad_json, "the JSON is cut off"};
  if (used != text.size()) return Error{Reason::bad_json, "text after the JSON, at byte " + std::to_string(used)};
  return document;
}

std::optional<std::string_view> Json::number_text() const noexcept {
  return text_of(JsonKind::number);
}

std::optional<double> Json::number() const noexcept {
  const auto& node = document_->nodes_[index_];
  if (node.kind != JsonKind::number) return std::nullopt;
  return node.number;
}

std::optional<bool> Json::boolean() const noexcept {
  const auto& node = document_->nodes_[index_];
  if (node.kind != JsonKind::boolean) return std::nullopt;
  return node.truth;
}

bool Json::has_duplicate_names() const noexcept {
  const auto& node = document_->nodes_[index_];
  return node.kind == JsonKind::object && node.truth;
}

std::size_t Json::size() const noexcept {
  return document_->nodes_[index_].children;
}

std::optional<Json> Json::find_before_end(std::string_view name, std::uint32_t end) const noexcept {
  const auto* const nodes = document_->nodes_.data();
  const char* const text = document_->text_.data();
  for (std::uint32_t at = index_ + 1; at < end;) {
    const auto& key = nodes[at];
    // Most names differ in length or in their first byte: no call for those.
    if (key.length == name.size() && (name.empty() || text[key.begin] == name.front()) &&
        std::string_view{text + key.begin, key.length} == name)
      return Json{document_, at + 1};
    const auto& value = nodes[at + 1];
    // The next name of a scalar's is known without waiting for what is read here.
    if (value.kind == JsonKind::object || value.kind == JsonKind::array) {
      at = value.next;
    } else {
      at += 2;
    }
  }
  return std::nullopt;
}

std::optional<Json> Json::find(std::string_view name) const noexcept {
  const auto& node = document_->nodes_[index_];
  if (node.kind != JsonKind::object) return std::nullopt;
  return find_before_end(name, node.next);
}

void write_json(JsonWriter& writer, const Json& value) {
  switch (value.kind()) {
    case JsonKind::null:
      writer.null();
      return;
    case JsonKind::boolean:
      writer.boolean(*value.boolean());
      return;
    case JsonKind::number:
      writer.raw(*value.number_text());
      return;
    case JsonKind::string:
      writer.string(*value.string());
      return;
    case JsonKind::array:
      writer.begin_array();
      for (const Json item : value) write_json(writer, item);
      writer.end_array();
      return;
    case JsonKind::object:
      writer.begin_object();
      for (auto member = value.begin(); member != value.end(); ++member) {
        writer.key(member.name());
        write_json(writer, *member);
      }
      writer.end_object();
      return;
  }
}

}  // namespace portcullis
