// Tells the test run which tokens a test used, so that everything printed can be searched for them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string_view>

namespace portcullis::testing {

inline void note_token(std::string_view token) {
  const char* file = std::getenv("PORTCULLIS_TOKENS_USED");
  if (!file || token.find('\n') != token.npos) return;
  std::ofstream{file, std::ios::app} << token << '\n';
}

}  // namespace portcullis::testing
