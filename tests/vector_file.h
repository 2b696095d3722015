// Reads a data file of tests/vectors.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "portcullis/json.h"

namespace portcullis::testing {

inline JsonDocument vector_file(const std::string& name) {
  std::ifstream stream{std::string{PORTCULLIS_SOURCE} + "/tests/vectors/" + name, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  auto document = JsonDocument::parse(text, {.bytes = 32 << 20, .depth = 32, .members = 4096, .items = 65536});
  if (!document) throw std::runtime_error{name + ": " + document.error().detail};
  return *std::move(document);
}

inline std::string text(const Json& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string{member ? member->string().value_or("") : ""};
}

}  // namespace portcullis::testing
