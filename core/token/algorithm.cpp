#include "core/token/algorithm.h"

namespace portcullis {

std::optional<Algorithm> algorithm_named(std::string_view name) noexcept {
  for (const auto& row : algorithms)
    if (row.name == name) return row.id;
  return std::nullopt;
}

std::string_view name_of(Algorithm algorithm) noexcept {
  return facts(algorithm).name;
}

bool is_symmetric(Algorithm algorithm) noexcept {
  return facts(algorithm).family == Family::hmac;
}

}  // namespace portcullis
