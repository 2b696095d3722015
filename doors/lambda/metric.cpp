#include "doors/lambda/metric.h"

#include "portcullis/json_writer.h"

namespace portcullis::lambda {

void add_metric(system::LogLine& line, std::string_view name, std::string_view dimension, WallTime time) {
  JsonWriter json;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  json.begin_object().key("Timestamp").integer(now).key("CloudWatchMetrics").begin_array().begin_object();
  json.key("Namespace").string("portcullis").key("Dimensions").begin_array().begin_array().string(dimension);
  json.end_array().end_array().key("Metrics").begin_array().begin_object().key("Name").string(name);
  json.key("Unit").string("Count").end_object().end_array().end_object().end_array().end_object();
  line.raw("_aws", json.text()).integer(name, 1);
}

}  // namespace portcullis::lambda
