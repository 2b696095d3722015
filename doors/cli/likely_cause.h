// From a reason and its detail to what is most likely wrong: the experience behind docs/troubleshooting.md.
#pragma once

#include <string_view>

#include "portcullis/reason.h"

namespace portcullis::cli {

struct LikelyCause {
  std::string_view likely;   // empty: nothing is wrong, or nothing can be guessed
  std::string_view check;    // how to find out whether it is that; may be empty
  std::string_view act;      // what to do then
  std::string_view symptom;  // the heading's anchor in docs/troubleshooting.md; may be empty
};

/// `detail` is a decision's, as it was logged. Any text is understood; one that is not known gives the
/// reason's commonest cause.
LikelyCause likely_cause(Reason reason, std::string_view detail);

}  // namespace portcullis::cli
