#include "doors/cli/batch.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "doors/cli/instant.h"
#include "doors/cli/output.h"
#include "doors/lambda/event.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_line_bytes = 8 * 1024 * 1024;  // an event has 6 MiB at most
constexpr JsonLimits line_limits{
    .bytes = most_line_bytes, .depth = lambda::event_limits.depth + 1, .members = 1024, .items = 1024};

// Lines of standard input. An overlong line is told as such, once, and its bytes are not kept.
class Lines {
 public:
  enum class Kind : std::uint8_t { line, too_long, end, failed };

  Kind next(std::string& line) {
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
      const ssize_t got = read(STDIN_FILENO, buffer_.data(), buffer_.size());
      buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      if (got < 0 && errno != EINTR) return Kind::failed;
      if (got == 0) return too_long ? Kind::too_long : line.empty() ? Kind::end : Kind::line;
    }
  }

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

std::string error_line(std::size_t number, std::string_view message) {
  JsonWriter json;
  json.begin_object().key("error").begin_object().key("line").integer(static_cast<std::int64_t>(number));
  json.key("message").string(message).end_object().end_object();
  return std::move(json).text();
}

// "at" is a number or a string; false when it is neither an instant.
bool set_clock(Session& session, const Json& line) {
  session.set_instant(std::nullopt);
  const auto member = line.find("at");
  if (!member || member->is(JsonKind::null)) return true;
  const auto text = member->string() ? member->string() : member->number_text();
  const auto instant = text ? parse_instant(*text) : std::nullopt;
  if (instant) session.set_instant(at(*instant));
  return instant.has_value();
}

std::string judge_line(Session& session, const BatchLine& judge, const std::string& line, std::size_t number) {
  const auto document = JsonDocument::parse(line, line_limits);
  if (!document) return error_line(number, document.error().detail);
  if (!document->root().is(JsonKind::object)) return error_line(number, "the line is not a JSON object");
  if (!set_clock(session, document->root())) return error_line(number, "\"at\" is neither Unix seconds nor RFC 3339");
  auto result = judge(document->root());
  return result ? (*std::move(result)).text() : error_line(number, result.error());
}

}  // namespace

int run_batch(Session& session, const BatchLine& judge) {
  Lines lines;
  std::string line;
  for (std::size_t number = 1;; ++number) {
    switch (lines.next(line)) {
      case Lines::Kind::end:
        return exit_fine;
      case Lines::Kind::failed:
        return complain(std::string{"cannot read standard input: "} + std::strerror(errno));
      case Lines::Kind::too_long:
        print_line(error_line(number, "the line is longer than 8 MiB"));
        break;
      case Lines::Kind::line:
        print_line(judge_line(session, judge, line, number));
        break;
    }
  }
}

}  // namespace portcullis::cli
