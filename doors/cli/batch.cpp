#include "doors/cli/batch.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "doors/cli/instant.h"
#include "doors/cli/lines.h"
#include "doors/cli/output.h"
#include "doors/lambda/event.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr JsonLimits line_limits{
    .bytes = most_line_bytes, .depth = lambda::event_limits.depth + 1, .members = 1024, .items = 1024};

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
  Lines lines{STDIN_FILENO};
  std::string line;
  for (std::size_t number = 1;; ++number) {
    switch (lines.next(line)) {
      case Lines::Kind::end:
        return exit_fine;
      case Lines::Kind::failed:
        return complain(std::string{"cannot read standard input: "} + std::strerror(errno));
      case Lines::Kind::too_long:
        print_line(error_line(number, line_too_long));
        break;
      case Lines::Kind::line:
        print_line(judge_line(session, judge, line, number));
        break;
    }
  }
}

}  // namespace portcullis::cli
