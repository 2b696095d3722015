// How many generated cases a test judges. The plain build judges them all; a sanitizer, under which they take ten
// times as long, sees in a fifth of them what it looks for.
#pragma once

namespace portcullis::testing {

constexpr int generated_cases(int usual) {
#ifdef PORTCULLIS_SANITIZED
  return usual / 5;
#else
  return usual;
#endif
}

}  // namespace portcullis::testing
