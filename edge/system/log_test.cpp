#include "edge/system/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

namespace portcullis::system {
namespace {

/// What `work` writes to standard error, one entry a write(2): a SOCK_SEQPACKET socket keeps them apart.
std::vector<std::string> writes_during(const std::function<void()>& work) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const int before = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  work();
  dup2(before, STDERR_FILENO);
  close(before);
  close(ends[1]);
  std::vector<std::string> writes;
  std::string packet(64 * 1024, '\0');
  for (ssize_t size; (size = read(ends[0], packet.data(), packet.size())) > 0;)
    writes.push_back(packet.substr(0, static_cast<std::size_t>(size)));
  close(ends[0]);
  return writes;
}

TEST(LogLines, AreOneJsonObjectInOneWriteWithTimeLevelAndMessageFirst) {
  const auto writes = writes_during([] {
    Log{}
        .line(LogLevel::warn, "reload")
        .string("issuer", "https://t/")
        .integer("keys", -2)
        .boolean("ok", false)
        .raw("list", "[1]")
        .send();
  });
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_THAT(writes[0],
              testing::MatchesRegex("\\{\"timestamp\":\"[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z\","
                                    "\"level\":\"WARN\",\"msg\":\"reload\",\"issuer\":\"https://t/\",\"keys\":-2,"
                                    "\"ok\":false,\"list\":\\[1\\]\\}\n"));
}

TEST(LogLines, HaveAFormForMachinesAndOneForEyes) {
  const auto line_of = [](LogForm form, std::string_view value) {
    LogLine line{true, form, LogLevel::warn, "reload"};
    line.string("a", value).integer("n", 2);
    return std::move(line).text();
  };
  struct Row {
    LogForm form;
    std::string value, line;  // without the time
  };
  const Row rows[]{
      {LogForm::json, "b", R"(","level":"warn","msg":"reload","a":"b","n":2})"},
      {LogForm::lambda, "b", R"(","level":"WARN","msg":"reload","a":"b","n":2})"},
      {LogForm::text, "b", " warn  reload a=b n=2"},
      {LogForm::text, "", " warn  reload a=\"\" n=2"},
      {LogForm::text, "b c", " warn  reload a=\"b c\" n=2"},
      {LogForm::text, "b\nerror n=3", " warn  reload a=\"b\\u000aerror n=3\" n=2"},
      {LogForm::text, "\x1b[31m", " warn  reload a=\"\\u001b[31m\" n=2"},
  };
  for (const Row& row : rows) EXPECT_THAT(line_of(row.form, row.value), testing::EndsWith(row.line));
  EXPECT_EQ(Log{LogLevel::error}.line(LogLevel::info, "unwanted").text(), "");
}

TEST(LogLines, CannotBeSplitByWhatComesFromOutside) {
  const auto writes = writes_during(
      [] { Log{}.line(LogLevel::error, "a\nb").string("path", "/x\r\n{\"level\":\"INFO\"}\xFF").send(); });
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].find('\n'), writes[0].size() - 1);
  EXPECT_THAT(writes[0], testing::HasSubstr("\"path\":\"/x\\u000d\\u000a{\\\"level\\\":\\\"INFO\\\"}\xEF\xBF\xBD\""));
}

TEST(LogLines, AreWrittenUpToTheWantedLevelOnly) {
  struct Row {
    LogLevel at_most;
    std::size_t written;
  };
  for (const Row& row :
       {Row{LogLevel::error, 1}, Row{LogLevel::warn, 2}, Row{LogLevel::info, 3}, Row{LogLevel::debug, 4}}) {
    SCOPED_TRACE(row.written);
    const Log log{row.at_most};
    const auto writes = writes_during([&] {
      for (const auto level : {LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug})
        log.line(level, "x").string("a", "b").send();
    });
    EXPECT_EQ(writes.size(), row.written);
    EXPECT_EQ(log.wants(LogLevel::debug), row.at_most == LogLevel::debug);
  }
}

TEST(LogLines, AreSentOnceHoweverOftenTheyAreTold) {
  const auto writes = writes_during([] {
    auto line = Log{}.line(LogLevel::info, "x");
    line.send();
    line.send();
  });
  EXPECT_EQ(writes.size(), 1U);
}

TEST(LogLevels, HaveExactlyTheConfiguredNames) {
  EXPECT_EQ(log_level_named("error"), LogLevel::error);
  EXPECT_EQ(log_level_named("warn"), LogLevel::warn);
  EXPECT_EQ(log_level_named("info"), LogLevel::info);
  EXPECT_EQ(log_level_named("debug"), LogLevel::debug);
  for (const char* name : {"", "INFO", "warning", "info "}) EXPECT_EQ(log_level_named(name), std::nullopt) << name;
}

}  // namespace
}  // namespace portcullis::system
