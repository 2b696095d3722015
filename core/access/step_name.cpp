#include "portcullis/authorizer.h"

namespace portcullis {

std::string_view name_of(StepName step) noexcept {
  switch (step) {
    case StepName::path:
      return "path";
    case StepName::route:
      return "route";
    case StepName::credential:
      return "credential";
    case StepName::token:
      return "token";
    case StepName::keys:
      return "keys";
    case StepName::signature:
      return "signature";
    case StepName::claims:
      return "claims";
    case StepName::sender:
      return "sender";
    case StepName::requirement:
      return "requirement";
    case StepName::limit:
      return "limit";
  }
  return "";
}

}  // namespace portcullis
