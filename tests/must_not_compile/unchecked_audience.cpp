// "No audience configured" cannot be expressed, so it cannot be checked wrongly.
#include "portcullis/token.h"

using namespace portcullis;

Expectations expectations() {
#if MISUSE
  NonEmpty<std::string> audiences{};
#else
  NonEmpty<std::string> audiences{"https://api.example.com"};
#endif
  return {"https://tenant.example.com/", audiences, NonEmpty<Algorithm>{Algorithm::RS256}, {}, {}, {}, {}};
}
