// Decisions in words: what happened, why, what to do.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/authorizer.h"

namespace portcullis::cli {

/// "refused: expired (401)", the sentence, the detail, the rule and the advice; a few lines.
std::string verdict_in_words(const Decision& decision, std::string_view allowed, std::string_view refused);

/// The steps, one line each: what was looked at, what came out, by which rule.
std::string steps_in_words(const Trace& trace);

}  // namespace portcullis::cli
