#include "edge/system/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "edge/system/file_identity.h"
#include "edge/system/files.h"

namespace portcullis::system {
namespace {

namespace fs = std::filesystem;

class InFolder : public testing::Test {
 protected:
  InFolder() {
    std::string name = (fs::temp_directory_path() / "portcullis-system-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~InFolder() override { fs::remove_all(folder_); }
  std::string at(const std::string& name) const { return folder_ + '/' + name; }

 private:
  std::string folder_;
};

using AListeningSocket = InFolder;
using TheIdentityOfAFile = InFolder;

TEST_F(AListeningSocket, HasItsModeAndGoesWithItsFile) {
  for (const unsigned mode : {0600U, 0660U}) {
    auto made = ListeningSocket::open(at("s"), mode);
    ASSERT_TRUE(made) << made.error();
    struct stat found {};
    ASSERT_EQ(stat(at("s").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, mode);
    const ListeningSocket moved = *std::move(made);
    EXPECT_TRUE(fs::exists(at("s")));
  }
  EXPECT_FALSE(fs::exists(at("s")));
}

TEST_F(AListeningSocket, ReplacesWhatACrashLeftAndNothingElse) {
  const auto living = ListeningSocket::open(at("living"), 0600);
  EXPECT_THAT(ListeningSocket::open(at("living"), 0600).error(), testing::HasSubstr("another process listens"));
  {
    auto crashed = ListeningSocket::open(at("crashed"), 0600);
    fs::create_hard_link(at("crashed"), at("left"));
  }
  EXPECT_TRUE(ListeningSocket::open(at("left"), 0600));
  std::ofstream{at("file")} << "mine";
  EXPECT_THAT(ListeningSocket::open(at("file"), 0600).error(), testing::HasSubstr("is no socket"));
  EXPECT_TRUE(fs::exists(at("file")));
  EXPECT_THAT(ListeningSocket::open(at(std::string(120, 'x')), 0600).error(), testing::HasSubstr("at most 107"));
  EXPECT_THAT(
      ListeningSocket::open(at("none/s"), 0600).error(),
      testing::EndsWith("No such file or directory: its folder does not exist; make it, or choose another path"));
}

bool connects(int client, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TEST_F(AListeningSocket, RefusesNewcomersAndKeepsThoseWhoWait) {
  auto ending = ListeningSocket::open(at("s"), 0600);
  ASSERT_TRUE(ending) << ending.error();
  fs::create_hard_link(at("s"), at("link"));
  const int early = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
            late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_TRUE(connects(early, at("s")));
  ending->refuse_newcomers();
  EXPECT_FALSE(fs::exists(at("s")));
  EXPECT_FALSE(connects(late, at("link")));
  const int accepted = accept4(ending->descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
  EXPECT_GE(accepted, 0);
  for (const int one : {early, late, accepted}) close(one);
}

TEST_F(AListeningSocket, LeavesTheFileOfItsSuccessorAlone) {
  auto ending = ListeningSocket::open(at("s"), 0600);
  fs::rename(at("s"), at("s.old"));
  const auto successor = ListeningSocket::open(at("s"), 0600);
  ASSERT_TRUE(ending && successor);
  { const ListeningSocket ended = *std::move(ending); }
  EXPECT_TRUE(fs::exists(at("s")));
}

TEST_F(TheIdentityOfAFile, ChangesWhenItIsReplacedAndNotWhenItIsWritten) {
  EXPECT_EQ(file_identity(at("f")), std::nullopt);
  std::ofstream{at("f")} << "one";
  const auto first = file_identity(at("f"));
  ASSERT_TRUE(first);
  std::ofstream{at("f")} << "two";
  EXPECT_EQ(file_identity(at("f")), first);
  ASSERT_TRUE(write_file(at("f"), "three", 0600));
  const auto second = file_identity(at("f"));
  EXPECT_NE(second, first);
  fs::create_symlink("f", at("link"));
  EXPECT_EQ(file_identity(at("link")), second);
  std::ofstream{at("g")} << "four";
  fs::remove(at("link"));
  fs::create_symlink("g", at("link"));
  EXPECT_NE(file_identity(at("link")), second);
}

}  // namespace
}  // namespace portcullis::system
