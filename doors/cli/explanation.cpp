#include "doors/cli/explanation.h"

namespace portcullis::cli {
namespace {

std::string_view mark_of(Trace::Verdict verdict) {
  switch (verdict) {
    case Trace::Verdict::passed:
      return "ok    ";
    case Trace::Verdict::failed:
      return "FAILED";
    case Trace::Verdict::noted:
      return "      ";
  }
  return "      ";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string cell{text};
  if (cell.size() < width) cell.append(width - cell.size(), ' ');
  return cell;
}

}  // namespace

std::string verdict_in_words(const Decision& decision, std::string_view allowed, std::string_view refused) {
  const ReasonFacts& reason = facts(decision.reason);
  std::string text;
  if (!decision.enforced) text = "mode: report, so the request passes. What was decided:\n";
  switch (decision.outcome) {
    case Outcome::allow:
      text += std::string{allowed} + '\n';
      break;
    case Outcome::deny:
      text += std::string{refused} + ": ";
      break;
    case Outcome::undecided:
      text += "could not decide: ";
      break;
  }
  if (decision.outcome != Outcome::allow)
    text += std::string{reason.code} + " (" + std::to_string(reason.status) + ")\n  what        " +
            std::string{reason.sentence} + '\n';
  const std::string detail{decision.explanation()}, route{decision.route()}, place{decision.rule_place()};
  if (!detail.empty()) text += "  detail      " + detail + '\n';
  if (!route.empty()) text += "  rule        " + route + (place.empty() ? "" : "   " + place) + '\n';
  if (decision.outcome != Outcome::allow) text += "  do          " + std::string{reason.advice} + '\n';
  return text;
}

std::string steps_in_words(const Trace& trace) {
  std::string text;
  for (const Trace::Entry& entry : trace.entries)
    text += "  " + std::string{mark_of(entry.verdict)} + "  " + padded(name_of(entry.step), 12) + entry.text +
            (entry.place.empty() ? "" : "   [" + entry.place + "]") + '\n';
  return text;
}

}  // namespace portcullis::cli
