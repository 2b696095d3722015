#include "doors/lambda/web_socket.h"

#include <algorithm>

#include "core/token/printable.h"

namespace portcullis::lambda {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";  // RFC 9110 §5.6.3
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Several lines are one list (RFC 6455 §11.3.4); empty members count for nothing (RFC 9110 §5.6.1).
std::vector<std::string_view> members_of(const std::vector<std::string>& lines) {
  std::vector<std::string_view> members;
  for (std::string_view rest : lines)
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (const auto member = trimmed(rest.substr(0, comma)); !member.empty()) members.push_back(member);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  return members;
}

}  // namespace

std::vector<std::string> bearer_credentials(const std::vector<std::string>& lines) {
  std::vector<std::string> credentials;
  const auto members = members_of(lines);
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (*member != bearer_subprotocol) continue;
    const bool last = member + 1 == members.end();
    credentials.push_back("Bearer " + std::string{last ? std::string_view{} : *++member});
  }
  return credentials;
}

void judge_pages(const std::vector<std::string>& pages, const std::vector<std::string>& allowed, Decision& decision,
                 Trace* trace) {
  const auto listed = [&](const std::string& origin) {
    return std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
  };
  if (decision.outcome != Outcome::allow || listed("*")) return;
  const auto foreign = std::find_if_not(pages.begin(), pages.end(), listed);
  if (foreign == pages.end()) return;
  decision.outcome = Outcome::deny;
  decision.reason = Reason::forbidden;
  decision.detail = "the page " + printable(*foreign) + " is not among cors.origins";
  if (trace) trace->entries.push_back({StepName::requirement, Trace::Verdict::failed, decision.detail, {}});
}

}  // namespace portcullis::lambda
