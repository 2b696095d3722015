#include "core/access/path.h"

#include <array>
#include <cstdint>

#include "portcullis/json_writer.h"  // utf8_length

namespace portcullis {
namespace {

constexpr std::size_t most_bytes = 8 * 1024;

Error ambiguous(const char* what) {
  return Error{Reason::bad_request, std::string{"the path "} + what};
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

bool is_unreserved(char c) {  // RFC 3986 §2.3
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

// A decoded escape that two servers might treat differently; null when it is harmless. What needs no
// escape is refused (RFC 3986 §6.2.2.2): a path has one spelling, so that an IAM pattern for it does not
// miss another one. "~" is exempt: encoders after RFC 2396 still write %7E.
const char* fault_of_escaped(unsigned char byte) {
  if (byte != '~' && is_unreserved(static_cast<char>(byte)))
    return "has a percent-encoded letter, digit, '-', '.' or '_'; these are written plainly";
  if (byte < 0x20 || byte == 0x7F) return "has an encoded control character";
  if (byte == '/') return "has an encoded slash (%2F)";
  if (byte == '\\') return "has an encoded backslash (%5C)";
  if (byte == ';') return "has an encoded semicolon (%3B)";
  return nullptr;
}

// One digit is enough: that is what an IAM pattern can say too.
bool is_encoded_twice(std::string_view path) {
  for (std::size_t at = path.find("%25"); at != path.npos; at = path.find("%25", at + 3))
    if (at + 3 < path.size() && hex_value(path[at + 3]) >= 0) return true;
  return false;
}

constexpr const char* fault_of_raw(char c) {
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "has a control character";
  if (c == ' ') return "has a blank";
  if (c == '\\') return "has a backslash";
  if (c == ';') return "has a semicolon";
  if (c == '#') return "has a fragment (#)";
  if (c == '?') return "has a question mark";
  return nullptr;
}

// What a path may hold without a closer look. A segment that is empty or begins with a dot gets one.
enum class Plain : std::uint8_t { no, behind_the_first, anywhere };
constexpr std::array<Plain, 256> plainness = [] {
  std::array<Plain, 256> all{};
  for (int byte = 0; byte < 0x80; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '%' || fault_of_raw(c)) continue;
    all[static_cast<std::size_t>(byte)] = c == '/' || c == '.' ? Plain::behind_the_first : Plain::anywhere;
  }
  return all;
}();

const char* fault_of_segments(std::string_view path) {
  if (path.find("//") != path.npos) return "has two slashes in a row";
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..") return "has a dot segment";
    begin = end + 1;
  }
  return nullptr;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool is_plain_path(std::string_view raw) noexcept {
  if (raw.size() > most_bytes || !raw.starts_with('/')) return false;
  bool first_of_segment = false;
  for (const char c : raw) {
    const Plain plain = plainness[static_cast<unsigned char>(c)];
    if (plain == Plain::no || (first_of_segment && plain != Plain::anywhere)) return false;
    first_of_segment = c == '/';
  }
  return true;
}

Result<std::string> normal_path(std::string_view raw, NonAscii non_ascii) {
  if (raw.size() > most_bytes) return ambiguous("is longer than 8 KiB");
  if (!raw.starts_with('/')) return ambiguous("does not start with a slash");
  std::string normal;
  std::string decoded;
  normal.reserve(raw.size());
  decoded.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '%') {
      const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return ambiguous("has a % that is no escape");
      const auto byte = static_cast<unsigned char>(high * 16 + low);
      if (const char* fault = fault_of_escaped(byte)) return ambiguous(fault);
      decoded += static_cast<char>(byte);
      if (byte == '~') {
        normal += '~';
      } else {
        append_escape(normal, byte);
      }
      i += 2;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      if (non_ascii == NonAscii::refused) return ambiguous("has a raw character beyond ASCII");
      decoded += c;
      append_escape(normal, static_cast<unsigned char>(c));
    } else {
      if (const char* fault = fault_of_raw(c)) return ambiguous(fault);
      decoded += c;
      normal += c;
    }
  }
  if (is_encoded_twice(normal)) return ambiguous("is percent-encoded twice (%25..)");
  if (const char* fault = fault_of_segments(normal)) return ambiguous(fault);
  if (!is_utf8(decoded)) return ambiguous("is not UTF-8");
  return normal;
}

}  // namespace portcullis
