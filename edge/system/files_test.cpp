#include "edge/system/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace portcullis::system {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = testing::TempDir() + "portcullis_files_XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string error_of_reading(const std::string& name, std::size_t most) {
    auto content = read_file(path(name), most);
    return content ? "" : content.error().message;
  }
  unsigned mode_of(const std::string& name) const {
    struct stat facts {};
    EXPECT_EQ(stat(path(name).c_str(), &facts), 0);
    return facts.st_mode & 07777;
  }
  std::string directory_;
};

TEST_F(Files, ComeBackAsTheyWereWrittenWithTheModeAskedFor) {
  const std::string content("a\0b\n", 4);
  const mode_t before = umask(077);  // must not take anything from the mode
  ASSERT_TRUE(write_file(path("f"), content, 0644));
  umask(before);
  EXPECT_EQ(*read_file(path("f"), 4), content);
  EXPECT_EQ(mode_of("f"), 0644U);
  ASSERT_TRUE(write_file(path("f"), "new", 0600));
  EXPECT_EQ(*read_file(path("f"), 100), "new");
  EXPECT_EQ(mode_of("f"), 0600U);
}

TEST_F(Files, AreReadUpToTheBoundAndNotAByteFurther) {
  ASSERT_TRUE(write_file(path("f"), std::string(40'000, 'x'), 0600));
  EXPECT_EQ(read_file(path("f"), 40'000)->size(), 40'000U);
  EXPECT_EQ(error_of_reading("f", 39'999), path("f") + ": larger than 39999 bytes");
}

TEST_F(Files, ThatCannotBeReadAreToldApartInASentence) {
  EXPECT_EQ(error_of_reading("none", 1), path("none") + ": No such file or directory");
  EXPECT_EQ(error_of_reading("", 1), path("") + ": is a directory");
  EXPECT_EQ(read_file("/dev/null", 1).error().message, "/dev/null: is not a regular file");
}

TEST_F(Files, MayBePipes) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  std::thread writer{[&] {
    const int end = open(path("pipe").c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_TRUE(write_all(end, "through"));
    close(end);
  }};
  EXPECT_EQ(*read_file(path("pipe"), 100), "through");
  writer.join();
}

TEST_F(Files, AreWrittenWholeOrNotAtAll) {
  EXPECT_EQ(write_file(path("no/f"), "x", 0600).error(), path("no/f") + ": No such file or directory");
  ASSERT_EQ(mkdir(path("taken").c_str(), 0700), 0);
  EXPECT_EQ(write_file(path("taken"), "x", 0600).error(), path("taken") + ": Is a directory");
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{directory_}) ++left;
  EXPECT_EQ(left, 1U);  // "taken": no temporary file stays behind
}

TEST_F(Files, PrivateDirectoriesAreMadeWithTheirParents) {
  ASSERT_TRUE(make_private_directory(path("a/b/c")));
  EXPECT_EQ(mode_of("a/b/c"), 0700U);
  EXPECT_TRUE(make_private_directory(path("a/b/c")));
  EXPECT_TRUE(make_private_directory(path("a/d//")));
  EXPECT_EQ(mode_of("a/d"), 0700U);
}

TEST_F(Files, PrivateDirectoriesThatOthersCouldHavePreparedAreRefused) {
  ASSERT_TRUE(make_private_directory(path("d")));
  for (const mode_t mode : {0770, 0702, 0777}) {
    ASSERT_EQ(chmod(path("d").c_str(), mode), 0);
    EXPECT_EQ(make_private_directory(path("d")).error(), path("d") + ": others may write to it (chmod 700 it)");
  }
  ASSERT_EQ(chmod(path("d").c_str(), 0755), 0);
  EXPECT_TRUE(make_private_directory(path("d")));
  ASSERT_EQ(symlink(path("d").c_str(), path("link").c_str()), 0);
  EXPECT_FALSE(make_private_directory(path("link")));
  ASSERT_TRUE(write_file(path("f"), "", 0600));
  EXPECT_EQ(make_private_directory(path("f")).error(), path("f") + ": Not a directory");
  EXPECT_EQ(make_private_directory(path("f/x")).error(), path("f/x") + ": Not a directory");
}

TEST_F(Files, AFullNonBlockingPipeIsWaitedFor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  const std::string text(1'000'000, 'x');  // more than a pipe holds
  std::string received;
  std::thread reader{[&] {
    char piece[65536];
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;)
      received.append(piece, static_cast<std::size_t>(got));
  }};
  EXPECT_TRUE(write_all(ends[1], text));
  close(ends[1]);
  reader.join();
  close(ends[0]);
  EXPECT_EQ(received, text);
}

TEST_F(Files, WritingSaysWhyItFails) {
  EXPECT_EQ(write_all(-1, "x").error(), "Bad file descriptor");
}

}  // namespace
}  // namespace portcullis::system
