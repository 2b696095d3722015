#include "doors/cli/lines.h"

#include <unistd.h>

#include <cerrno>

#include "portcullis/json_writer.h"

namespace portcullis::cli {

Lines::Kind Lines::next(std::string& line) {
  line.clear();
  bool too_long = false;
  for (;;) {
    const std::size_t end = buffer_.find('\n', at_);
    const std::size_t stop = end == buffer_.npos ? buffer_.size() : end;
    if (line.size() + (stop - at_) > most_line_bytes) {
      too_long = true;
      line.clear();
    } else if (!too_long) {
      line.append(buffer_, at_, stop - at_);
    }
    if (end != buffer_.npos) {
      at_ = end + 1;
      return too_long ? Kind::too_long : Kind::line;
    }
    buffer_.resize(64 * 1024);
    at_ = 0;
    const ssize_t got = read(descriptor_, buffer_.data(), buffer_.size());
    buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (got < 0 && errno != EINTR) return Kind::failed;
    if (got == 0) return too_long ? Kind::too_long : line.empty() ? Kind::end : Kind::line;
  }
}

std::string error_line(std::size_t number, std::string_view message) {
  JsonWriter json;
  json.begin_object().key("error").begin_object().key("line").integer(static_cast<std::int64_t>(number));
  json.key("message").string(message).end_object().end_object();
  return std::move(json).text();
}

}  // namespace portcullis::cli
