#include "doors/serve/identity.h"

#include "edge/net/eight_octets.h"

namespace portcullis::serve {
namespace {

constexpr std::string_view no_value = "-";

/// How many octets at the beginning need no encoding.
std::size_t plain_prefix(std::string_view text) noexcept {
  return net::good_prefix(
      text,
      [](const net::EightOctets& octets) {
        return !octets.has_beyond_ascii() && !octets.has_below(' ' + 1) && !octets.has('\x7F') && !octets.has('%');
      },
      [](char c) { return c > ' ' && c < '\x7F' && c != '%'; });
}

void append_encoded(std::string& text, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  while (!value.empty()) {
    const std::size_t plain = plain_prefix(value);
    text += value.substr(0, plain);
    value.remove_prefix(plain);
    if (value.empty()) return;
    const auto byte = static_cast<unsigned char>(value.front());
    text += {'%', digits[byte >> 4], digits[byte & 15]};
    value.remove_prefix(1);
  }
}

std::optional<std::string_view> text_of_scalar(const Json& claim) {
  if (const auto text = claim.string()) return text;
  if (const auto number = claim.number_text()) return number;
  if (const auto truth = claim.boolean()) return *truth ? "true" : "false";
  return std::nullopt;
}

/// Appends words one after the other. A word ends as soon as it cannot fit any more.
class Words {
 public:
  explicit Words(std::string& text) : text_(text), begin_(text.size()) {}

  void add(std::string_view word) {
    if (word.empty() || too_long()) return;
    if (text_.size() != begin_) text_ += ' ';
    append_encoded(text_, word.substr(0, most_identity_bytes + 1));
  }
  bool too_long() const { return text_.size() - begin_ > most_identity_bytes; }
  void clear() { text_.resize(begin_); }

 private:
  std::string& text_;
  std::size_t begin_;
};

void add_words(Words& words, std::string_view text) {
  for (std::size_t end = 0; end != text.npos && !words.too_long(); text.remove_prefix(end == text.npos ? 0 : end + 1)) {
    end = text.find(' ');
    words.add(text.substr(0, end));
  }
}

void add_claim(Words& words, const Json& claim) {
  if (const auto text = text_of_scalar(claim)) return words.add(*text);
  if (!claim.is(JsonKind::array)) return;
  for (const Json item : claim) {
    const auto text = text_of_scalar(item);
    if (!text) return words.clear();
    words.add(*text);
  }
}

/// The claims that most configurations have, where the token has found them already.
std::optional<std::string_view> ready_text(const config::IdentityHeader& header, const VerifiedToken& caller) {
  if (!header.pointer.empty()) return std::nullopt;
  if (header.claim == "sub") return caller.subject();
  if (header.claim == "iss") return caller.issuer();
  if (header.claim == "client") return caller.client().value_or(std::string_view{});
  if (header.claim == "scope") return caller.scope().value_or(std::string_view{});
  return std::nullopt;
}

/// Whether it can be sent as it stands: as nearly all are.
bool is_plain_word(std::string_view text) {
  return text != no_value && text.size() <= most_identity_bytes && plain_prefix(text) == text.size();
}

/// The same of words with one blank between them.
bool are_plain_words(std::string_view text) {
  if (text == no_value || text.size() > most_identity_bytes) return false;
  for (;;) {
    const std::size_t word = plain_prefix(text);
    if (word == 0) return false;  // also at the end: behind a blank stands another word
    if (word == text.size()) return true;
    if (text[word] != ' ') return false;
    text.remove_prefix(word + 1);
  }
}

}  // namespace

Result<std::span<const net::FieldView>> IdentitySpace::write(std::span<const config::IdentityHeader> headers,
                                                             const VerifiedToken* caller) {
  // Whatever the claims are, what is written stays where it is: others look at it.
  constexpr std::size_t longest_word_written = 3 * (most_identity_bytes + 1);
  text_.clear();
  text_.reserve(headers.size() * (most_identity_bytes + longest_word_written + 1));
  fields_.clear();
  for (const config::IdentityHeader& header : headers) {
    if (!caller) {
      fields_.push_back({header.name, no_value});
      continue;
    }
    const auto ready = ready_text(header, *caller);
    if (ready && !ready->empty() && (header.claim == "scope" ? are_plain_words(*ready) : is_plain_word(*ready))) {
      fields_.push_back({header.name, *ready});
      continue;
    }
    const std::size_t begin = text_.size();
    Words words{text_};
    if (ready && header.claim == "scope") {
      add_words(words, *ready);
    } else if (ready) {
      words.add(*ready);
    } else {
      const Json claims = caller->claims();
      const auto claim = header.pointer.empty() ? claims.find(header.claim) : find_at(claims, header.pointer);
      if (claim) add_claim(words, *claim);
    }
    if (words.too_long())
      return Error{Reason::too_large, "the caller does not fit into the header " + header.name +
                                          ", which has at most " + std::to_string(most_identity_bytes) +
                                          " bytes: serve.identity"};
    std::string_view value = std::string_view{text_}.substr(begin);
    if (value.empty())
      value = no_value;
    else if (value == no_value)
      value = "%2D";
    fields_.push_back({header.name, value});
  }
  return std::span<const net::FieldView>{fields_};
}

}  // namespace portcullis::serve
