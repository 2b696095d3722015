// Authorization headers from anywhere: one credential read in one way, or none; and no sentence repeats a secret.
#include "core/access/credential.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace {

using namespace portcullis;

bool is_authorization(std::string_view name) {
  static constexpr std::string_view wanted = "authorization";
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); });
}

// Lines "name:value"; a line without a colon is the value of an Authorization header.
std::vector<Header> headers_of(std::string_view text) {
  std::vector<Header> headers;
  while (!text.empty() && headers.size() < 16) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(':');
    headers.push_back(colon == line.npos ? Header{"Authorization", line}
                                         : Header{line.substr(0, colon), line.substr(colon + 1)});
  }
  return headers;
}

bool is_printable(std::string_view sentence) {
  return sentence.size() < 200 &&
         std::all_of(sentence.begin(), sentence.end(), [](char c) { return c >= 32 && c < 127; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Header> headers = headers_of({reinterpret_cast<const char*>(data), size});
  std::vector<std::string_view> values;
  for (const Header& header : headers)
    if (is_authorization(header.name)) values.push_back(header.value);

  const auto found = find_credential(headers);
  if (!found) {
    const Reason reason = found.error().reason;
    if ((reason != Reason::bad_request && reason != Reason::dpop_invalid) || values.empty() ||
        !is_printable(found.error().detail))
      std::abort();
    return 0;
  }
  if (values.size() > 1) std::abort();
  if (!found->token) {
    if (found->note.empty() || !is_printable(found->note)) std::abort();
    return 0;
  }
  const std::string_view token = *found->token;
  if (values.empty() || token.empty() || !values.front().ends_with(token)) std::abort();
  const std::string_view scheme = values.front().substr(0, values.front().size() - token.size());
  const bool dpop = found->scheme == CredentialScheme::dpop;
  if (scheme.find_first_not_of(dpop ? "dDpPoO " : "bBeEaArR ") != scheme.npos)
    std::abort();  // in front of it stand the scheme and blanks, nothing else
  if (found->proof && !dpop) std::abort();
  const auto undivided = check_undivided(*found);
  const bool divided = token.substr(0, 8 * 1024).find_first_of(" \t\r\n,") != token.npos;
  if (static_cast<bool>(undivided) == divided) std::abort();
  if (!undivided && !is_printable(undivided.error().detail)) std::abort();
  return 0;
}
