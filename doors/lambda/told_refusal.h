// Why a request was refused, told to a REST API's gateway responses. gateway.md §3.3.
#pragma once

#include <string_view>

#include "doors/lambda/event.h"
#include "edge/config/config.h"
#include "portcullis/json_writer.h"

namespace portcullis::lambda {

/// Whether the answer says why, and so is a policy that denies, whatever the reason. A function error would say
/// nothing, but is never kept. So where the gateway keeps answers, only what is right meanwhile for every request with
/// this token is told: else one bad moment, or one bad path, would lock a good caller out, or name another route's
/// scope. A limit that is used up is told whatever `deny` says, unless the answer would be kept: it is no fault of the
/// token, and a 401 would make clients log in anew.
bool tells_refusal(const Decision& decision, EventForm form, const config::LambdaSettings& settings);

/// The members of the answer's context, into an open object: `reason`, `status` and, where there is one, `challenge`;
/// of a limit `retryAfter`, in seconds.
void write_refusal(JsonWriter& json, const Decision& decision);
/// Whether it is the name of one of them: no claim takes its place.
bool is_refusal_member(std::string_view name) noexcept;

}  // namespace portcullis::lambda
