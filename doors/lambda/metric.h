// CloudWatch's embedded metric format: a log line is a metric.
#pragma once

#include <string_view>

#include "edge/system/log.h"
#include "portcullis/time.h"

namespace portcullis::lambda {

/// Makes the line count one for the metric `name`, by its own member `dimension`.
void add_metric(system::LogLine& line, std::string_view name, std::string_view dimension, WallTime time);

}  // namespace portcullis::lambda
