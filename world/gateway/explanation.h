// What a reason means to the person who reads it: what happened, and what to do.
#pragma once

#include <string_view>

namespace portcullis::world {

struct RequestReport;

struct Explanation {
  std::string_view sentence;  // what happened
  std::string_view advice;    // what to do
};

/// Never empty. The codes of the contract (portcullis/reason.h) mean here what they mean there; the
/// gateway's own words, and error types of functions, which are any text, are explained beside them.
Explanation explanation_of(const RequestReport& report);

}  // namespace portcullis::world
