#include "world/functions/lambda_function.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>

#include "edge/system/clock.h"
#include "edge/system/random.h"
#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t payload_limit = 6 * 1024 * 1024 + 100;  // gateway.md §1.5, as AWS's own emulator
constexpr std::size_t transport_limit = 8 * 1024 * 1024;      // beyond it the server itself refuses
constexpr milliseconds longest_pause{10'000};
constexpr std::string_view api_root = "/2018-06-01/runtime/";

/// "6f1c2a3b-…": 32 hexadecimal digits as a UUID.
std::string invocation_id() {
  std::string id = system::random_hex(16);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

net::HttpResponse status_answer(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

net::HttpResponse accepted() {
  return status_answer(202, R"({"status":"OK"})");
}

net::HttpResponse refusal(int status, std::string_view type, std::string_view message) {
  JsonWriter json;
  json.begin_object().key("errorMessage").string(message).key("errorType").string(type).end_object();
  return status_answer(status, json.text());
}

net::HttpResponse wrong_state() {
  return refusal(403, "InvalidStateTransition", "this call is not possible in the present state");
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

std::string member(std::string_view json, std::string_view name) {
  boost::system::error_code problem;
  const auto value = boost::json::parse(json, problem);
  if (problem || !value.is_object()) return {};
  const auto* found = value.get_object().if_contains(name);
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

}  // namespace

Result<std::unique_ptr<LambdaFunction>, std::string> LambdaFunction::create(net::EventLoop& loop,
                                                                            FunctionSettings settings) {
  auto log = FunctionLog::open(settings.log_path);
  if (!log) return log.error();
  std::unique_ptr<LambdaFunction> made{new LambdaFunction(loop, std::move(settings), *std::move(log))};
  made->start();
  return made;
}

LambdaFunction::LambdaFunction(net::EventLoop& loop, FunctionSettings settings, FunctionLog log)
    : loop_(loop), settings_(std::move(settings)), log_(std::move(log)) {}

// ---- the life of the process

/// What Lambda sets (gateway.md §1.3) and the user's own; nothing of ours is inherited.
std::vector<std::string> LambdaFunction::environment() const {
  const std::string root = directory_of(settings_.program);
  std::vector<std::string> variables{
      "AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + std::to_string(port_),
      "_HANDLER=" + settings_.handler,
      "LAMBDA_TASK_ROOT=" + root,
      "LAMBDA_RUNTIME_DIR=" + root,
      "AWS_REGION=" + settings_.region,
      "AWS_DEFAULT_REGION=" + settings_.region,
      "AWS_LAMBDA_FUNCTION_NAME=" + settings_.name,
      "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
      "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + settings_.name,
      "AWS_LAMBDA_LOG_STREAM_NAME=local",
      "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
      "AWS_ACCESS_KEY_ID=LOCALDEVELOPMENT",  // there must be some; they open nothing
      "AWS_SECRET_ACCESS_KEY=local-development",
      "AWS_SESSION_TOKEN=local-development",
      "PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
      "LANG=en_US.UTF-8",
      "TZ=:UTC",
  };
  variables.insert(variables.end(), settings_.environment.begin(), settings_.environment.end());
  return variables;
}

/// Each process has a port of its own, so that what a killed one had still sent is not taken for the next one's.
Result<Done, std::string> LambdaFunction::listen() {
  const net::ServerLimits limits{
      .body_bytes = transport_limit, .connections = 16, .idle_deadline = std::chrono::hours{24}};
  server_ = std::make_unique<net::HttpServer>(
      loop_, limits, [this](const net::HttpRequest& request, const net::Respond& respond) { serve(request, respond); });
  const auto port = server_->listen("127.0.0.1", 0);
  if (!port) return port.error().message;
  port_ = *port;
  return Done{};
}

void LambdaFunction::start() {
  if (const auto listening = listen(); !listening) return init_failed({"Runtime.Unknown", listening.error()});
  auto child = system::ChildProcess::start(
      {settings_.program, settings_.arguments, environment(), directory_of(settings_.program)});
  if (!child) return init_failed({"Runtime.InvalidEntrypoint", child.error()});
  child_ = *std::move(child);
  state_ = State::init;
  output_watch_ = loop_.when_readable(child_->output(), [this] { read_output(); });
  exit_watch_ = loop_.when_readable(child_->exit_watch(), [this] { process_ended(); });
  deadline_ = loop_.after(settings_.init_timeout, [this] {
    init_failed({"Sandbox.Timedout", "the function did not start in time"});
  });
}

/// Kills and reaps the child. Watches go first: their descriptors are the child's.
void LambdaFunction::stop() {
  output_watch_ = {};
  exit_watch_ = {};
  deadline_ = {};
  next_.reset();
  server_.reset();
  child_.reset();
  log_.finish_line();
  state_ = State::stopped;
}

/// Reads what is there, at most a bounded piece a turn, so that a chatterer stops nobody else.
void LambdaFunction::read_output() {
  std::array<char, 64 * 1024> piece;
  for (int turn = 0; turn < 16 && child_; ++turn) {
    const ssize_t got = ::read(child_->output(), piece.data(), piece.size());
    if (got > 0) log_.feed({piece.data(), static_cast<std::size_t>(got)});
    if (got == 0) output_watch_ = {};  // closed: the exit is told by exit_watch_
    if (got <= 0) return;
  }
}

void LambdaFunction::process_ended() {
  read_output();
  const std::string ending = child_->ended();
  if (ending.empty()) return;
  const State before = state_;
  const Failure failure{"Runtime.ExitError", "RequestId: " + (running_ ? running_->id : "none") +
                                                 " Error: Runtime exited with error: " + ending};
  if (before == State::init) return init_failed(init_failure_.value_or(failure));
  stop();
  if (before == State::busy) fail_running(failure);
  if (!waiting_.empty() && state_ == State::stopped) start();
}

/// Nobody can be served by a function that does not start: all who wait hear why. The next start waits longer.
void LambdaFunction::init_failed(const Failure& failure) {
  stop();
  init_failure_ = failure;
  pause_ = std::min(longest_pause, pause_ == milliseconds{0} ? settings_.first_pause : pause_ * 2);
  pause_timer_ = loop_.after(pause_, [this] { init_failure_.reset(); });
  log_.feed(JsonWriter{}
                .begin_object()
                .key("level")
                .string("ERROR")
                .key("msg")
                .string("init failed")
                .key("errorType")
                .string(failure.type)
                .key("errorMessage")
                .string(failure.message)
                .end_object()
                .text() +
            "\n");
  for (auto unserved = std::exchange(waiting_, {}); Call & call : unserved)
    call.done({InvocationResult::Kind::function_error, {}, failure.type, failure.message, call.id, {}});
}

void LambdaFunction::timed_out() {
  read_output();
  stop();
  start();  // warm for the next one; the running call still has to hear of it
  fail_running({"Sandbox.Timedout", "Task timed out"});
}

// ---- the calls

void LambdaFunction::invoke(std::string event, Invoked done) {
  const std::string id = invocation_id();
  const auto refuse = [&](std::string type, std::string message) {
    done({InvocationResult::Kind::refused, {}, std::move(type), std::move(message), id, {}});
  };
  if (event.size() > payload_limit) return refuse("RequestEntityTooLarge", "the event is larger than 6 MiB");
  if (waiting_.size() >= settings_.queue) return refuse("TooManyRequestsException", "too many calls wait already");
  if (state_ == State::stopped && init_failure_) {  // in the pause after a failed start
    const Failure failure = *init_failure_;
    return done({InvocationResult::Kind::function_error, {}, failure.type, failure.message, id, {}});
  }
  auto patience = loop_.after(settings_.patience, [this, id] { give_up(id); });
  waiting_.push_back({id, std::move(event), std::move(done), std::move(patience)});
  if (state_ == State::stopped)
    start();
  else
    dispatch();
}

/// Hands the first waiting call to a child that asks for one.
void LambdaFunction::dispatch() {
  if (state_ != State::idle || waiting_.empty()) return;
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  state_ = State::busy;
  const auto until = system::read_clocks().wall + settings_.timeout;
  deadline_ = loop_.after(settings_.timeout, [this] { timed_out(); });
  const std::string arn = "arn:aws:lambda:" + settings_.region + ":000000000000:function:" + settings_.name;
  const std::string root = system::random_hex(16);
  const net::Respond respond = *std::exchange(next_, std::nullopt);
  respond({200,
           {{"Content-Type", "application/json"},
            {"Lambda-Runtime-Aws-Request-Id", running_->id},
            {"Lambda-Runtime-Deadline-Ms", std::to_string(until.time_since_epoch().count())},
            {"Lambda-Runtime-Invoked-Function-Arn", arn},
            {"Lambda-Runtime-Trace-Id", "Root=1-" + root.substr(0, 8) + '-' + root.substr(8) + ";Sampled=0"}},
           running_->event});
}

/// Tells the caller of the running call. What the function said before it answered is known by then.
void LambdaFunction::finish(InvocationResult result) {
  if (!running_) return;
  read_output();
  Call call = *std::exchange(running_, std::nullopt);
  result.request_id = call.id;
  result.decision = log_.record_of(call.id);
  if (call.done) call.done(std::move(result));
}

void LambdaFunction::fail_running(const Failure& failure) {
  finish({InvocationResult::Kind::function_error, {}, failure.type, failure.message, {}, {}});
}

/// The caller waits no longer. A call that runs goes on, as at AWS; its answer goes nowhere.
void LambdaFunction::give_up(const std::string& id) {
  const InvocationResult result{InvocationResult::Kind::gave_up, {}, {}, {}, id, {}};
  if (running_ && running_->id == id) {
    if (const Invoked done = std::exchange(running_->done, nullptr)) done(result);
    return;
  }
  const auto found = std::ranges::find(waiting_, id, &Call::id);
  if (found == waiting_.end()) return;
  const Call call = std::move(*found);
  waiting_.erase(found);
  call.done(result);
}

// ---- the Runtime API

void LambdaFunction::serve(const net::HttpRequest& request, const net::Respond& respond) {
  std::string_view path = request.target;
  if (!path.starts_with(api_root)) return respond(refusal(404, "NotFound", "no such address"));
  path.remove_prefix(api_root.size());
  const bool posted = request.method == "POST";
  if (path == "invocation/next" && request.method == "GET") return serve_next(respond);
  if (path == "init/error" && posted) return serve_init_error(request, respond);
  constexpr std::string_view invocation = "invocation/";
  const auto slash = path.rfind('/');
  if (posted && path.starts_with(invocation) && slash > invocation.size()) {
    const std::string_view what = path.substr(slash + 1);
    const std::string_view id = path.substr(invocation.size(), slash - invocation.size());
    if (what == "response" || what == "error") return serve_result(id, what, request, respond);
  }
  respond(refusal(404, "NotFound", "no such address"));
}

void LambdaFunction::serve_next(const net::Respond& respond) {
  if (state_ == State::stopped || state_ == State::busy) return respond(wrong_state());
  if (state_ == State::init) {
    pause_ = milliseconds{0};
    init_failure_.reset();
    deadline_ = {};
  }
  state_ = State::idle;
  next_ = respond;  // a second `next` takes the place of one whose connection died (gateway.md §1.1)
  dispatch();
}

void LambdaFunction::serve_result(std::string_view id, std::string_view what, const net::HttpRequest& request,
                                  const net::Respond& respond) {
  if (state_ == State::init || state_ == State::stopped) return respond(wrong_state());
  if (state_ != State::busy || !running_ || running_->id != id)
    return respond(refusal(400, "InvalidRequestID", "this invocation is unknown or answered already"));
  state_ = State::answered;
  deadline_ = {};
  if (request.body.size() > payload_limit) {
    respond(refusal(413, "RequestEntityTooLarge", "the answer is larger than 6 MiB"));
    return fail_running({"Function.ResponseSizeTooLarge", "the answer is larger than 6 MiB"});
  }
  respond(accepted());
  if (what == "error") return fail_running({member(request.body, "errorType"), member(request.body, "errorMessage")});
  finish({InvocationResult::Kind::answered, request.body, {}, {}, {}, {}});
}

/// Recorded; the process ends by itself, and its end is when the callers hear of it.
void LambdaFunction::serve_init_error(const net::HttpRequest& request, const net::Respond& respond) {
  if (state_ != State::init) return respond(wrong_state());
  init_failure_ = Failure{member(request.body, "errorType"), member(request.body, "errorMessage")};
  respond(accepted());
}

}  // namespace portcullis::world
