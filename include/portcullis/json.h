// JSON as portcullis reads it: strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"

namespace portcullis {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

class JsonDocument;
class JsonWriter;

/// One value inside a JsonDocument. A view: valid as long as the document lives and is not moved from.
/// Wrong-kind questions answer "nothing" (nullopt, empty), never undefined behaviour.
class Json {
 public:
  /// What it is; never fails.
  JsonKind kind() const noexcept;
  /// Whether it is of this kind.
  bool is(JsonKind kind) const noexcept { return this->kind() == kind; }

  std::optional<std::string_view> string() const noexcept;       // unescaped UTF-8; may hold U+0000
  std::optional<double> number() const noexcept;                 // always finite
  std::optional<std::string_view> number_text() const noexcept;  // as written in the document
  /// Of a boolean; nullopt for every other kind.
  std::optional<bool> boolean() const noexcept;

  /// The member of an object with exactly this name; the first, should the object be marked.
  std::optional<Json> find(std::string_view name) const noexcept;

  /// Whether this object itself has two members of one name (DuplicateNames::marked).
  bool has_duplicate_names() const noexcept;

  class Iterator {
   public:
    Iterator(const JsonDocument* document, std::uint32_t index, bool named)
        : document_(document), index_(index), named_(named) {}
    Json operator*() const noexcept;
    std::string_view name() const noexcept;  // of an object's member; empty in an array
    Iterator& operator++() noexcept;
    bool operator!=(const Iterator& other) const noexcept { return index_ != other.index_; }

   private:
    const JsonDocument* document_;
    std::uint32_t index_;
    bool named_;
  };
  /// The items of an array or the values of an object, in written order; nothing for scalars.
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  std::size_t size() const noexcept;

 private:
  friend class JsonDocument;
  friend struct JsonBuilder;
  Json(const JsonDocument* document, std::uint32_t index) : document_(document), index_(index) {}
  std::optional<std::string_view> text_of(JsonKind kind) const noexcept;
  std::optional<Json> find_before_end(std::string_view name, std::uint32_t end) const noexcept;
  const JsonDocument* document_;
  std::uint32_t index_;
};

/// Whether an object with two members of one name ends the parse or is only marked (for key sets, where
/// one bad entry must not cost the others: RFC 7517 §5).
enum class DuplicateNames : std::uint8_t { refused, marked };

/// What a document may hold at most. Beyond it: too_large.
struct JsonLimits {
  std::size_t bytes = 8 * 1024;
  std::size_t depth = 16;
  std::size_t members = 256;  // in one object
  std::size_t items = 1024;   // in one array
  DuplicateNames duplicates = DuplicateNames::refused;
};

/// An owned, parsed, immutable JSON document. Cheap to move; views into it do not survive the move
/// of the document they were taken from, so take them again from the new place.
class JsonDocument {
 public:
  /// Parses exactly one JSON value (RFC 8259) that fills `text` but for white space around it.
  /// @returns bad_json for anything else: duplicate names (after unescaping), invalid UTF-8, a byte
  ///          order mark, lone surrogates, trailing text, NUL, numbers without a finite value;
  ///          too_large when a limit is passed. The detail gives the byte offset, never the text.
  /// @see     RFC 7515 §4, RFC 7519 §4, RFC 8259 §8.1
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits);

  /// The one value of the document. The view lives as long as the document stays where it is.
  Json root() const noexcept { return Json{this, 0}; }

 private:
  friend class Json;
  friend class Json::Iterator;
  friend struct JsonBuilder;
  struct Node {
    JsonKind kind;
    bool truth;                   // a boolean's value; of an object: has duplicate names
    std::uint32_t begin, length;  // strings and numbers: their bytes in text_
    std::uint32_t next;           // index just behind this value and all below it
    std::uint32_t children;       // arrays and objects
    double number;
  };
  JsonDocument() = default;
  std::string text_;
  std::vector<Node> nodes_;  // never empty once parse() returned
};

// In line: a decision asks for some fifty values.
inline JsonKind Json::kind() const noexcept {
  return document_->nodes_[index_].kind;
}
inline std::optional<std::string_view> Json::text_of(JsonKind kind) const noexcept {
  const auto& node = document_->nodes_[index_];
  if (node.kind != kind) return std::nullopt;
  return std::string_view{document_->text_.data() + node.begin, node.length};
}
inline std::optional<std::string_view> Json::string() const noexcept {
  return text_of(JsonKind::string);
}
inline Json::Iterator Json::begin() const noexcept {
  const auto& node = document_->nodes_[index_];
  const bool container = node.kind == JsonKind::object || node.kind == JsonKind::array;
  return {document_, container ? index_ + 1 : node.next, node.kind == JsonKind::object};
}
inline Json::Iterator Json::end() const noexcept {
  return {document_, document_->nodes_[index_].next, false};
}
inline Json Json::Iterator::operator*() const noexcept {
  return Json{document_, named_ ? index_ + 1 : index_};
}
inline std::string_view Json::Iterator::name() const noexcept {
  if (!named_) return {};
  const auto& key = document_->nodes_[index_];
  return {document_->text_.data() + key.begin, key.length};
}
inline Json::Iterator& Json::Iterator::operator++() noexcept {
  index_ = document_->nodes_[named_ ? index_ + 1 : index_].next;
  return *this;
}

/// Whether `text` is a JSON Pointer (RFC 6901 §3): empty, or /name/name, where ~0 is a tilde and ~1 a slash.
bool is_json_pointer(std::string_view text) noexcept;
/// The value that `pointer` leads to (RFC 6901 §4); an array's items are counted from 0.
/// @returns nullopt where it leads nowhere, or is no pointer
std::optional<Json> find_at(const Json& root, std::string_view pointer);

/// Writes a parsed value again, with its numbers as they were written.
void write_json(JsonWriter& writer, const Json& value);

}  // namespace portcullis
