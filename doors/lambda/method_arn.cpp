#include "doors/lambda/method_arn.h"

#include <algorithm>
#include <array>

namespace portcullis::lambda {

bool is_pattern(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c == '*' || c == '?' || c == '{' || c == '}' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

std::optional<MethodArn> MethodArn::parse(std::string_view text) {
  std::array<std::string_view, 5> fields;  // arn, partition, service, region, account
  std::size_t begin = 0;
  for (std::string_view& field : fields) {
    const std::size_t colon = text.find(':', begin);
    if (colon == text.npos) return std::nullopt;
    field = text.substr(begin, colon - begin);
    begin = colon + 1;
  }
  if (fields[0] != "arn" || !fields[1].starts_with("aws") || fields[2] != "execute-api" || fields[3].empty() ||
      fields[4].empty())
    return std::nullopt;

  const std::size_t api_end = text.find('/', begin);
  if (api_end == text.npos || api_end == begin) return std::nullopt;
  const std::size_t stage_end = text.find('/', api_end + 1);
  if (stage_end == text.npos || stage_end == api_end + 1) return std::nullopt;
  MethodArn arn;
  arn.text = text;
  arn.prefix = text.substr(0, stage_end + 1);
  arn.stage = text.substr(api_end + 1, stage_end - api_end - 1);
  const std::string_view rest = text.substr(stage_end + 1);
  const std::size_t verb_end = rest.find('/');
  if (is_pattern(arn.prefix)) return std::nullopt;
  if (verb_end == rest.npos) {
    if (rest != "$connect") return std::nullopt;
    return arn;
  }
  arn.verb = rest.substr(0, verb_end);
  arn.path = rest.substr(verb_end + 1);
  const bool method = !arn.verb.empty() && std::all_of(arn.verb.begin(), arn.verb.end(),
                                                       [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (!method) return std::nullopt;
  return arn;
}

}  // namespace portcullis::lambda
