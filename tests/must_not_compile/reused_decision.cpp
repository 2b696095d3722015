// Half a decision is used once: it moves, it is not copied.
#include "portcullis/authorizer.h"

using namespace portcullis;

Step twice(const Authorizer& authorizer, Pending pending, const Answer& answer, Now now) {
#if MISUSE
  return authorizer.resume(pending, answer, now);
#else
  return authorizer.resume(std::move(pending), answer, now);
#endif
}
