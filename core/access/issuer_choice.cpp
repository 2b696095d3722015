#include "core/access/issuer_choice.h"

#include <algorithm>
#include <optional>

#include "core/token/printable.h"

namespace portcullis {

namespace {

std::string configured_issuers(const Rules& rules) {
  std::string list;
  for (const IssuerRule& issuer : rules.issuers)
    if (const auto* name = std::get_if<std::string>(&issuer.expect.issuer))
      list += (list.empty() ? "" : " or ") + *name;
  return list;
}

bool differ_by_final_slash(std::string_view a, std::string_view b) {
  return (a.size() == b.size() + 1 && a.ends_with('/') && a.starts_with(b)) ||
         (b.size() == a.size() + 1 && b.ends_with('/') && b.starts_with(a));
}

}  // namespace

Result<std::size_t> choose_issuer(const Rules& rules, const UnverifiedToken& token) {
  const auto claimed = token.claimed_issuer();
  std::optional<std::size_t> found;
  const char* hint = "";
  for (std::size_t i = 0; i < rules.issuers.size(); ++i) {
    const Expectations& expect = rules.issuers[i].expect;
    const auto* name = std::get_if<std::string>(&expect.issuer);
    if (!name) return i;  // an unchecked issuer is always the only one
    if (claimed && differ_by_final_slash(*claimed, *name)) hint = "; they differ by the final slash";
    if (claimed != *name) continue;
    const auto audiences = expect.audiences.items();
    const bool ours = std::any_of(audiences.begin(), audiences.end(),
                                  [&](const std::string& audience) { return token.claims_audience(audience); });
    if (ours) return i;
    if (!found) found = i;
  }
  if (found) return *found;
  const std::string expected = ", expected " + configured_issuers(rules) + hint;
  if (!claimed) return Error{Reason::bad_iss, "iss is missing or not a string" + expected};
  return Error{Reason::bad_iss, "iss is " + printable(*claimed, 200) + expected};
}

}  // namespace portcullis
