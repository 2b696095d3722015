#include "world/functions/function_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "edge/system/files.h"

namespace portcullis::world {
namespace {

constexpr std::size_t remembered_requests = 1'000;
constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t longest_file = 16 * 1024 * 1024;

std::string string_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::vector<std::string> string_list(const boost::json::object& object, std::string_view name) {
  std::vector<std::string> list;
  const auto* value = object.if_contains(name);
  if (!value || !value->is_array()) return list;
  for (const auto& member : value->get_array())
    if (member.is_string()) list.emplace_back(member.get_string());
  return list;
}

}  // namespace

Result<FunctionLog, std::string> FunctionLog::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return path + ": " + std::generic_category().message(errno);
  return FunctionLog{file};
}

FunctionLog::FunctionLog(FunctionLog&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      written_(other.written_),
      partial_(std::move(other.partial_)),
      order_(std::move(other.order_)),
      records_(std::move(other.records_)) {}

FunctionLog::~FunctionLog() {
  if (file_ >= 0) ::close(file_);
}

void FunctionLog::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const std::size_t room = longest_line - partial_.size();
    partial_.append(piece.substr(0, room));  // what does not fit into a line is lost
    if (end == std::string_view::npos) return;
    finish_line();
    bytes.remove_prefix(end + 1);
  }
}

void FunctionLog::finish_line() {
  if (!partial_.empty()) take_line(std::exchange(partial_, {}));
}

void FunctionLog::take_line(std::string_view line) {
  if (written_ + line.size() > longest_file && ftruncate(file_, 0) == 0) written_ = 0;
  written_ += line.size() + 1;
  if (const auto kept = system::write_all(file_, std::string{line} + '\n'); !kept) written_ = 0;  // a full disk: go on
  if (line.starts_with('{')) remember(line);
}

void FunctionLog::remember(std::string_view line) {
  boost::system::error_code problem;
  const boost::json::value value = boost::json::parse(line, problem);
  if (problem || !value.is_object()) return;
  const auto& object = value.get_object();
  std::string request_id = string_member(object, "requestId");
  if (request_id.empty()) request_id = string_member(object, "trace_id");  // of portcullis serve
  if (request_id.empty()) return;
  if (const auto* trace = object.if_contains("trace")) record_for(request_id).trace = boost::json::serialize(*trace);
  if (string_member(object, "msg") != "decision") return;
  DecisionRecord& record = record_for(request_id);
  record.reason = string_member(object, "reason");
  record.detail = string_member(object, "detail");
  record.missing = string_list(object, "missing");
}

DecisionRecord& FunctionLog::record_for(const std::string& request_id) {
  const auto [found, is_new] = records_.try_emplace(request_id);
  if (!is_new) return found->second;
  order_.push_back(request_id);
  if (order_.size() > remembered_requests) {
    records_.erase(order_.front());
    order_.pop_front();
  }
  return found->second;
}

DecisionRecord FunctionLog::record_of(const std::string& request_id) const {
  const auto found = records_.find(request_id);
  return found == records_.end() ? DecisionRecord{} : found->second;
}

}  // namespace portcullis::world
