// JSON as portcullis writes it: answers, log lines, results of commands.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis {

/// The length of the well-formed UTF-8 sequence at the start of `text`, or 0 (RFC 3629 §4).
constexpr std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned char lead = at(0);
  if (text.empty()) return 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (lead == 0xE0 && at(1) < 0xA0) return 0;   // overlong
    if (lead == 0xED && at(1) >= 0xA0) return 0;  // surrogate
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (lead == 0xF0 && at(1) < 0x90) return 0;
    if (lead == 0xF4 && at(1) >= 0x90) return 0;  // beyond U+10FFFF
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/// Builds JSON text in the order it is told. Strings that are not UTF-8 come out with U+FFFD, so the
/// result is always valid JSON on one line. The caller pairs begin and end; commas come by themselves.
class JsonWriter {
 public:
  /// Opens an object; names and values follow in turn, then end_object().
  JsonWriter& begin_object() { return open('{'); }
  /// Closes the innermost object.
  JsonWriter& end_object() { return close('}'); }
  /// Opens an array; values follow, then end_array().
  JsonWriter& begin_array() { return open('['); }
  /// Closes the innermost array.
  JsonWriter& end_array() { return close(']'); }

  /// The name of the next member; its value must follow.
  JsonWriter& key(std::string_view name) {
    comma();
    quote(name);
    text_ += ':';
    fresh_ = true;
    return *this;
  }
  /// A string, quoted and escaped (RFC 8259 §7), also what is not ASCII as it is.
  JsonWriter& string(std::string_view value) {
    comma();
    quote(value);
    return *this;
  }
  /// A whole number. Beyond 2^53 many readers lose digits.
  JsonWriter& integer(std::int64_t value) {
    comma();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text_.append(digits, end);
    return *this;
  }
  /// true or false.
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  /// null.
  JsonWriter& null() { return raw("null"); }
  /// A string, or null for nothing.
  JsonWriter& string_or_null(const std::optional<std::string_view>& value) { return value ? string(*value) : null(); }
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }

  /// What was written so far; a whole text once every begin has its end.
  const std::string& text() const& noexcept { return text_; }
  /// The same, taken out: the writer is empty then.
  std::string text() && noexcept { return std::move(text_); }

 private:
  JsonWriter& open(char bracket) {
    comma();
    text_ += bracket;
    fresh_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    fresh_ = false;
    return *this;
  }
  void comma() {
    if (!fresh_) text_ += ',';
    fresh_ = false;
  }
  // How much of it stands in JSON as it is, most often all: ASCII without quotes, backslashes and control characters.
  static std::size_t plain_length(std::string_view value) noexcept {
    std::size_t length = 0;
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') break;
      ++length;
    }
    return length;
  }
  void quote(std::string_view value) {
    text_ += '"';
    while (!value.empty()) {
      const std::size_t plain = plain_length(value);
      text_.append(value.substr(0, plain));
      value.remove_prefix(plain);
      if (value.empty()) break;
      const std::size_t length = utf8_length(value);
      const char first = value.front();
      if (length == 0) {
        text_ += "\xEF\xBF\xBD";
      } else if (length > 1) {
        text_.append(value.substr(0, length));
      } else if (first == '"' || first == '\\') {
        text_ += '\\';
        text_ += first;
      } else {  // a control character
        constexpr std::string_view hex = "0123456789abcdef";
        text_ += "\\u00";
        text_ += hex[static_cast<unsigned char>(first) >> 4];
        text_ += hex[static_cast<unsigned char>(first) & 15];
      }
      value.remove_prefix(length == 0 ? 1 : length);
    }
    text_ += '"';
  }

  std::string text_;
  bool fresh_ = true;
};

}  // namespace portcullis
