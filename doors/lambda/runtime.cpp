#include "doors/lambda/runtime.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <thread>

#include "portcullis/json_writer.h"

namespace portcullis::lambda {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view api_root = "/2018-06-01/runtime";
constexpr milliseconds deadline_margin{200};  // left for the answer's own way
constexpr milliseconds post_deadline{10'000};
// Without a readable deadline: Lambda's default timeout. A number before 2001 is no instant but a duration,
// which is what some stand-ins for the service send.
constexpr milliseconds usual_budget{3'000};
constexpr std::int64_t least_instant = 1'000'000'000'000;
constexpr int accepted = 202;
constexpr int too_large = 413;

// SIGTERM ends an idle process at once; a busy one finishes the answer it is making (gateway.md §1.2).
std::atomic<int> busy_workers{0};
std::atomic<bool> told_to_stop{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

extern "C" void on_terminate(int) {
  told_to_stop = true;
  if (busy_workers == 0) _exit(0);
}

void watch_for_terminate() {
  struct sigaction action {};
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, nullptr);
}

class Busy {
 public:
  Busy() { ++busy_workers; }
  ~Busy() {
    if (--busy_workers == 0 && told_to_stop) _exit(0);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
};

net::ClientLimits runtime_limits() {
  return {.connect = milliseconds{1'000}, .total = std::nullopt, .body_bytes = 8 * 1024 * 1024};
}

net::HttpRequest post(std::string target, std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

net::HttpRequest error_post(std::string target, const FunctionResult& error) {
  net::HttpRequest request = post(std::move(target), error.body);
  request.headers.add("Lambda-Runtime-Function-Error-Type", error.error_type);
  return request;
}

enum class Going : std::uint8_t { on, over };

class Worker {
 public:
  Worker(Function& function, const RuntimeSettings& settings, system::Log log, Now (*clock)())
      : function_(function),
        client_(settings.service, runtime_limits()),
        log_(log),
        clock_(clock),
        alone_(settings.workers == 1) {}

  int run() {
    while (!told_to_stop) {
      const auto next = ask_for_next();
      if (!next) return 1;
      const Busy busy;
      if (serve(*next) == Going::over) return 1;
    }
    return 0;
  }

 private:
  // `next` waits as long as it must: the process is frozen meanwhile. A connection that died in the freeze
  // is replaced by the client; one that cannot be made means that the service has gone.
  std::optional<net::HttpResponse> ask_for_next() {
    net::HttpRequest request;
    request.method = "GET";
    request.target = std::string{api_root} + "/invocation/next";
    for (int attempt = 1;; ++attempt) {
      auto response = client_.exchange(request);
      if (response && response->status == 200) return *std::move(response);
      const bool lost = !response && response.error().kind == net::ClientError::Kind::closed;
      if (lost && attempt < 3) continue;
      log_.line(system::LogLevel::error, "the Lambda service gives no events")
          .string("why", response ? "HTTP status " + std::to_string(response->status) : response.error().message)
          .send();
      return std::nullopt;
    }
  }

  Going serve(const net::HttpResponse& next) {
    Invocation invocation;
    invocation.request_id = next.headers.first("Lambda-Runtime-Aws-Request-Id");
    if (invocation.request_id.empty()) {
      log_.line(system::LogLevel::error, "an event without a request id").send();
      return Going::over;
    }
    if (alone_) pass_on_trace_id(next.headers.first("Lambda-Runtime-Trace-Id"));
    invocation.event = next.body;
    const auto budget = budget_of(next.headers.first("Lambda-Runtime-Deadline-Ms"));
    invocation.budget = budget;
    const FunctionResult result = budget.count() > 0
                                      ? function_.handle(invocation)
                                      : internal_error("the invocation's deadline had passed when it arrived");
    const Going going = deliver(invocation.request_id, result);
    if (going == Going::on) function_.after_answer();
    return going;
  }

  milliseconds budget_of(std::string_view header) const {
    std::int64_t deadline = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), deadline);
    if (error != std::errc{} || end != header.data() + header.size() || deadline < least_instant) return usual_budget;
    return milliseconds{deadline} - clock_().wall.time_since_epoch() - deadline_margin;
  }

  static void pass_on_trace_id(std::string_view id) {
    if (id.empty()) {
      unsetenv("_X_AMZN_TRACE_ID");
    } else {
      setenv("_X_AMZN_TRACE_ID", std::string{id}.c_str(), 1);
    }
  }

  Going deliver(const std::string& request_id, const FunctionResult& result) {
    const std::string target = std::string{api_root} + "/invocation/" + request_id;
    const bool success = result.kind == FunctionResult::Kind::success;
    auto response = client_.exchange(
        success ? post(target + "/response", result.body) : error_post(target + "/error", result), post_deadline);
    if (response && response->status == too_large)
      response =
          client_.exchange(error_post(target + "/error", internal_error("the answer is too large")), post_deadline);
    if (response && response->status == accepted) return Going::on;
    log_.line(system::LogLevel::error, "the Lambda service took no answer")
        .string("requestId", request_id)
        .string("why", response ? "HTTP status " + std::to_string(response->status) : response.error().message)
        .send();
    return Going::over;
  }

  Function& function_;
  net::HttpClient client_;
  system::Log log_;
  Now (*clock_)();
  bool alone_;
};

}  // namespace

int run(Function& function, const RuntimeSettings& settings, system::Log log, Now (*clock)()) {
  watch_for_terminate();
  if (settings.workers <= 1) return Worker{function, settings, log, clock}.run();
  std::vector<std::thread> threads;
  for (int i = 0; i < settings.workers; ++i)
    threads.emplace_back([&] {
      // One worker that cannot go on ends the process: the service then starts a sound one.
      const int status = Worker{function, settings, log, clock}.run();
      if (status != 0) _exit(status);
    });
  for (std::thread& thread : threads) thread.join();
  return 0;
}

int report_init_error(const RuntimeSettings& settings, std::string_view message, std::string_view type,
                      system::Log log) {
  log.line(system::LogLevel::error, "init error").string("why", message).send();
  JsonWriter json;
  json.begin_object().key("errorMessage").string(message).key("errorType").string(type);
  json.key("stackTrace").begin_array().end_array().end_object();
  net::HttpClient client{settings.service, runtime_limits()};
  const auto response =
      client.exchange(error_post(std::string{api_root} + "/init/error",
                                 {FunctionResult::Kind::error, json.text(), "Runtime." + std::string{type}}),
                      post_deadline);
  if (!response)
    log.line(system::LogLevel::error, "the Lambda service is out of reach")
        .string("why", response.error().message)
        .send();
  return 1;
}

}  // namespace portcullis::lambda
