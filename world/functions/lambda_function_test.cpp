#include "world/functions/lambda_function.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>

#include "world/functions/lambda_service.h"

namespace portcullis::world {
namespace {

using std::chrono::milliseconds;

// ---- the scripted function: this very executable, started again with SCRIPTED_FUNCTION set

constexpr const char* script_variable = "SCRIPTED_FUNCTION";

/// One HTTP exchange on a connection of its own. @returns the whole answer
std::string exchange(const std::string& method, const std::string& target, const std::string& body) {
  const char* const given = getenv("AWS_LAMBDA_RUNTIME_API");
  const std::string where = given != nullptr ? given : "";
  const auto colon = where.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
  inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr);
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) _exit(70);
  const std::string request = method + " /2018-06-01/runtime/" + target + " HTTP/1.1\r\nHost: runtime\r\n" +
                              "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (write(connection, request.data(), request.size()) < 0) _exit(71);
  std::string answer;
  char piece[4096];
  for (ssize_t got = 0; (got = read(connection, piece, sizeof piece)) > 0;)
    answer.append(piece, static_cast<std::size_t>(got));
  close(connection);
  return answer;
}

int status_in(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

std::string header_in(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 4;
  return answer.substr(start, answer.find("\r\n", start) - start);
}

void say(const std::string& line) {
  if (write(STDOUT_FILENO, (line + '\n').data(), line.size() + 1) < 0) _exit(72);
}

void answer_with(const std::string& id, const std::string& body) {
  exchange("POST", "invocation/" + id + "/response", body);
}

std::string statuses(std::initializer_list<std::string> answers) {
  std::string text;
  for (const auto& answer : answers) text += (text.empty() ? "" : " ") + std::to_string(status_in(answer));
  return text;
}

/// Does what the event says.
void act(const std::string& event, const std::string& id, const std::string& next_answer) {
  if (event == "exit") _exit(3);
  if (event == "hang") pause();
  if (event == "error")
    exchange("POST", "invocation/" + id + "/error", R"({"errorMessage":"Unauthorized","errorType":"Denied"})");
  else if (event == "out of order")  // RT-19: the right id is still good afterwards
    answer_with(id,
                statuses({exchange("POST", "invocation/wrong/response", "x"), exchange("GET", "invocation/next", ""),
                          exchange("POST", "init/error", "{}"), exchange("GET", "elsewhere", "")}));
  else if (event == "twice") {
    answer_with(id, "first");
    say("second " + std::to_string(status_in(exchange("POST", "invocation/" + id + "/response", "second"))));
  } else if (event == "pid")
    answer_with(id, std::to_string(getpid()));
  else if (event == "environment") {
    std::string names;
    for (char** variable = environ; *variable; ++variable) names += std::string{*variable} + '\n';
    answer_with(id, names);
  } else if (event == "decide") {
    say("plain text");
    say(R"({"msg":"decision","requestId":")" + id +
        R"(","reason":"expired","detail":"the detail","missing":["scope:x"]})");
    say(R"({"requestId":")" + id + R"(","trace":["a step"]})");
    answer_with(id, "decided");
  } else if (event == "headers")
    answer_with(id, header_in(next_answer, "Lambda-Runtime-Deadline-Ms") + '|' +
                        header_in(next_answer, "Lambda-Runtime-Invoked-Function-Arn") + '|' +
                        header_in(next_answer, "Lambda-Runtime-Trace-Id"));
  else if (event == "large")
    answer_with(id, std::string(7 * 1024 * 1024, 'a'));
  else
    answer_with(id, event);
}

[[noreturn]] void play(const std::string& script) {
  if (script == "die") _exit(1);
  if (script == "never next") pause();
  if (script == "init error") {
    const std::string body = R"({"errorMessage":"the file is bad","errorType":"Runtime.ConfigInvalid"})";
    exchange("POST", "init/error", body);
    _exit(1);
  }
  for (;;) {
    const std::string answer = exchange("GET", "invocation/next", "");
    const std::string id = header_in(answer, "Lambda-Runtime-Aws-Request-Id");
    if (id.empty()) _exit(73);
    act(answer.substr(answer.find("\r\n\r\n") + 4), id, answer);
  }
}

/// Takes over before GoogleTest's main when this process is such a function.
const bool not_a_function = [] {
  if (const char* script = getenv(script_variable)) play(script);
  return true;
}();

// ---- the tests

class LambdaFunctionTest : public testing::Test {
 protected:
  LambdaFunctionTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lambda_function_test.XXXXXX").string();
    directory = mkdtemp(pattern.data());
    settings.name = "f";
    settings.handler = "handler";
    settings.program = std::filesystem::read_symlink("/proc/self/exe").string();
    settings.log_path = directory + "/f.log";
    script("serve");
  }
  ~LambdaFunctionTest() override {
    function.reset();
    std::filesystem::remove_all(directory);
  }

  void script(const std::string& name) { settings.environment = {std::string{script_variable} + '=' + name}; }
  void start() {
    auto made = LambdaFunction::create(loop, settings);
    ASSERT_TRUE(made) << made.error();
    function = *std::move(made);
  }
  /// Runs the loop until `done` calls stop, or fails.
  void run() {
    bool late = false;
    const auto watchdog = loop.after(std::chrono::seconds{30}, [&] {
      late = true;
      loop.stop();
    });
    loop.run();
    ASSERT_FALSE(late) << "nothing came";
  }
  InvocationResult call(const std::string& event) {
    std::optional<InvocationResult> result;
    bool waiting = false;
    function->invoke(event, [&](InvocationResult got) {
      result = std::move(got);
      if (waiting) loop.stop();
    });
    waiting = !result;  // some refusals come at once
    if (waiting) run();
    return result.value_or(InvocationResult{});
  }
  std::string log_text() const {
    std::ifstream file{settings.log_path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  net::EventLoop loop;
  FunctionSettings settings;
  std::string directory;
  std::unique_ptr<LambdaFunction> function;
};

using Kind = InvocationResult::Kind;

TEST_F(LambdaFunctionTest, GivesTheEventAndDeliversTheAnswer) {  // RT-01
  start();
  const auto result = call("hello");
  EXPECT_EQ(result.kind, Kind::answered);
  EXPECT_EQ(result.payload, "hello");
  EXPECT_EQ(result.request_id.size(), 36U);
  EXPECT_EQ(call("again").payload, "again");
}

TEST_F(LambdaFunctionTest, ReportsTheFunctionsOwnError) {
  start();
  const auto result = call("error");
  EXPECT_EQ(result.kind, Kind::function_error);
  EXPECT_EQ(result.error_message, "Unauthorized");
  EXPECT_EQ(result.error_type, "Denied");
}

TEST_F(LambdaFunctionTest, KnowsTheDecisionLineByTheTimeItAnswers) {
  start();
  const auto result = call("decide");
  EXPECT_EQ(result.payload, "decided");
  EXPECT_EQ(result.decision.reason, "expired");
  EXPECT_EQ(result.decision.detail, "the detail");
  EXPECT_EQ(result.decision.missing, std::vector<std::string>{"scope:x"});
  EXPECT_NE(result.decision.trace.find("a step"), std::string::npos);
  EXPECT_NE(log_text().find("plain text\n"), std::string::npos);
}

TEST_F(LambdaFunctionTest, RefusesCallsOutOfStateAndUnknownIds) {  // RT-19, gateway.md §1.7
  start();
  EXPECT_EQ(call("out of order").payload, "400 403 403 404");
  EXPECT_EQ(call("twice").payload, "first");
  EXPECT_EQ(call("x").payload, "x");
  EXPECT_NE(log_text().find("second 400\n"), std::string::npos);
}

TEST_F(LambdaFunctionTest, TellsDeadlineArnAndTrace) {
  start();
  std::stringstream parts{call("headers").payload};
  std::string deadline, arn, trace;
  std::getline(parts, deadline, '|');
  std::getline(parts, arn, '|');
  std::getline(parts, trace, '|');
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto left = milliseconds{std::stoll(deadline)} - std::chrono::duration_cast<milliseconds>(now);
  EXPECT_LE(left, settings.timeout);
  EXPECT_GT(left, settings.timeout - std::chrono::seconds{30});
  EXPECT_EQ(arn, "arn:aws:lambda:eu-west-1:000000000000:function:f");
  EXPECT_TRUE(trace.starts_with("Root=1-")) << trace;
}

TEST_F(LambdaFunctionTest, InheritsNothingButWhatIsListed) {  // gateway.md §1.3
  setenv("WORLD_TEST_SECRET", "of the parent", 1);
  start();
  const std::string names = call("environment").payload;
  unsetenv("WORLD_TEST_SECRET");
  EXPECT_EQ(names.find("WORLD_TEST_SECRET"), std::string::npos);
  EXPECT_EQ(names.find("HOME="), std::string::npos);
  for (const char* wanted : {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:", "_HANDLER=handler\n", "LAMBDA_TASK_ROOT=",
                             "AWS_REGION=eu-west-1\n", "AWS_LAMBDA_FUNCTION_NAME=f\n", "SCRIPTED_FUNCTION=serve\n"})
    EXPECT_NE(names.find(wanted), std::string::npos) << wanted;
  EXPECT_EQ(names.find("_X_AMZN_TRACE_ID"), std::string::npos);
}

TEST_F(LambdaFunctionTest, QueuesCallsAndKeepsTheirOrder) {
  start();
  std::vector<std::string> answers;
  for (const char* event : {"1", "2", "3", "4"})
    function->invoke(event, [&](const InvocationResult& result) {
      answers.push_back(result.payload);
      if (answers.size() == 4) loop.stop();
    });
  run();
  EXPECT_EQ(answers, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST_F(LambdaFunctionTest, RefusesWhatDoesNotFitIntoTheQueue) {
  settings.queue = 2;
  start();
  int refused = 0, answered = 0;
  for (int i = 0; i < 5; ++i)
    function->invoke("x", [&](const InvocationResult& result) {
      ++(result.kind == Kind::refused ? refused : answered);
      if (answered == 2) loop.stop();
    });
  run();
  EXPECT_EQ(refused, 3);
}

TEST_F(LambdaFunctionTest, RefusesEventsAndAnswersBeyondSixMebibytes) {
  start();
  EXPECT_EQ(call("large").error_type, "Function.ResponseSizeTooLarge");
  EXPECT_EQ(call("still here").payload, "still here");
  const auto result = call(std::string(7 * 1024 * 1024, 'a'));
  EXPECT_EQ(result.kind, Kind::refused);
  EXPECT_EQ(result.error_type, "RequestEntityTooLarge");
}

TEST_F(LambdaFunctionTest, IsStartedAgainAfterItEndedDuringACall) {  // RT-20
  start();
  const auto result = call("exit");
  EXPECT_EQ(result.kind, Kind::function_error);
  EXPECT_EQ(result.error_type, "Runtime.ExitError");
  EXPECT_NE(result.error_message.find("exit status 3"), std::string::npos);
  EXPECT_EQ(call("back").payload, "back");
}

TEST_F(LambdaFunctionTest, TheNextInTheQueueIsServedByTheNewProcess) {
  start();
  std::vector<std::string> answers;
  for (const char* event : {"exit", "after"})
    function->invoke(event, [&](const InvocationResult& result) {
      answers.push_back(result.error_type + result.payload);
      if (answers.size() == 2) loop.stop();
    });
  run();
  EXPECT_EQ(answers, (std::vector<std::string>{"Runtime.ExitError", "after"}));
}

TEST_F(LambdaFunctionTest, IsKilledAtTheDeadlineAndStartedAgain) {  // C041 row 10
  settings.timeout = milliseconds{300};
  start();
  const pid_t before = std::stoi(call("pid").payload);
  const auto result = call("hang");
  EXPECT_EQ(result.kind, Kind::function_error);
  EXPECT_EQ(result.error_type, "Sandbox.Timedout");
  EXPECT_NE(kill(before, 0), 0) << "the child still lives";
  EXPECT_NE(std::stoi(call("pid").payload), before);
}

TEST_F(LambdaFunctionTest, LetsACallerGoThatWaitsNoLonger) {
  settings.patience = milliseconds{200};
  start();
  std::vector<Kind> kinds;
  for (const char* event : {"hang", "behind it"})
    function->invoke(event, [&](const InvocationResult& result) {
      kinds.push_back(result.kind);
      if (kinds.size() == 2) loop.stop();
    });
  run();
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::gave_up, Kind::gave_up}));
}

TEST_F(LambdaFunctionTest, TellsAllWhoWaitWhyItDidNotStart) {
  struct Row {
    const char* script;
    const char* type;
    const char* message;
  };
  settings.init_timeout = milliseconds{2'000};
  settings.first_pause = milliseconds{60'000};
  for (const Row& row :
       {Row{"die", "Runtime.ExitError", "exit status 1"}, Row{"init error", "Runtime.ConfigInvalid", "the file is bad"},
        Row{"never next", "Sandbox.Timedout", "did not start in time"}}) {
    SCOPED_TRACE(row.script);
    script(row.script);
    start();
    const auto first = call("x");
    EXPECT_EQ(first.kind, Kind::function_error);
    EXPECT_EQ(first.error_type, row.type);
    EXPECT_NE(first.error_message.find(row.message), std::string::npos) << first.error_message;
    EXPECT_EQ(call("in the pause").error_type, row.type);  // at once: no new process
  }
}

TEST_F(LambdaFunctionTest, TriesAgainAfterThePause) {
  settings.first_pause = milliseconds{1};
  settings.program = directory + "/program";
  start();  // there is no such file yet
  EXPECT_EQ(call("x").error_type, "Runtime.InvalidEntrypoint");
  std::filesystem::copy_file("/proc/self/exe", settings.program);
  const auto waited = loop.after(milliseconds{50}, [this] { loop.stop(); });
  run();
  EXPECT_EQ(call("now").payload, "now");
}

TEST_F(LambdaFunctionTest, LeavesNoChildBehind) {
  start();
  const pid_t child = std::stoi(call("pid").payload);
  function.reset();
  EXPECT_NE(kill(child, 0), 0);
}

TEST(LambdaService, RefusesAFunctionItDoesNotHave) {
  net::EventLoop loop;
  LambdaService service{loop};
  InvocationResult result;
  service.invoke("nobody", "x", [&](InvocationResult got) { result = std::move(got); });
  EXPECT_EQ(result.kind, Kind::refused);
  EXPECT_EQ(result.error_type, "ResourceNotFoundException");
}

TEST(FunctionLog, RemembersTheLatestThousandRequestsAndCutsLongLines) {
  std::string path = (std::filesystem::temp_directory_path() / "function_log_test.XXXXXX").string();
  close(mkstemp(path.data()));
  auto log = FunctionLog::open(path);
  ASSERT_TRUE(log);
  for (int i = 0; i < 1'001; ++i)
    log->feed(R"({"msg":"decision","requestId":")" + std::to_string(i) + R"(","reason":"expired"})" + "\n");
  EXPECT_EQ(log->record_of("0").reason, "");
  EXPECT_EQ(log->record_of("1").reason, "expired");
  EXPECT_EQ(log->record_of("1000").reason, "expired");
  for (int i = 0; i < 100; ++i) log->feed(std::string(10'000, 'x'));
  log->feed("\n{\"msg\":\"decision\",\"reque");
  log->feed("stId\":\"pieces\",\"reason\":\"ok\"}\n");
  EXPECT_EQ(log->record_of("pieces").reason, "ok");
  EXPECT_LT(std::filesystem::file_size(path), 200'000U);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace portcullis::world
