#include "world/page/static_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace portcullis::world {
namespace {

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "static_files_test.XXXXXX").string();
    root = mkdtemp(pattern.data());
    std::filesystem::create_directory(root + "/page");
    write("page/index.html", "<!doctype html>");
    write("secret.txt", "secret");
  }
  ~StaticFilesTest() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) const { std::ofstream{root + '/' + path} << content; }
  std::optional<net::HttpResponse> get(std::string_view name, net::Headers headers = {}) const {
    return files().answer(name, {"GET", "/", std::move(headers), {}, {}});
  }
  StaticFiles files() const { return StaticFiles{root + "/page"}; }

  std::string root;
};

TEST_F(StaticFilesTest, AreServedWithTheTypeOfTheirSuffix) {
  struct Row {
    const char *name, *type;
  };
  for (const Row& row : {Row{"a.html", "text/html; charset=utf-8"}, Row{"a.css", "text/css; charset=utf-8"},
                         Row{"a.b-c_d.js", "text/javascript; charset=utf-8"}, Row{"a.svg", "image/svg+xml"},
                         Row{"a.json", "application/json"}, Row{"a.txt", "text/plain; charset=utf-8"}}) {
    write(std::string{"page/"} + row.name, row.name);
    const auto response = get(row.name);
    ASSERT_TRUE(response) << row.name;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, row.name);
    EXPECT_EQ(response->headers.first("Content-Type"), row.type);
    EXPECT_EQ(response->headers.first("Cache-Control"), "no-cache");
  }
}

TEST_F(StaticFilesTest, AreRegularFilesOfTheDirectoryItself) {
  std::filesystem::create_directory(root + "/page/folder.js");
  std::filesystem::create_directory(root + "/page/folder");
  write("page/folder/inner.js", "x");
  write("page/.hidden.js", "x");
  write("page/LICENSE", "x");
  write("page/program.sh", "x");
  std::filesystem::create_symlink(root + "/secret.txt", root + "/page/outside.txt");
  std::filesystem::create_symlink(root, root + "/page/up");
  ASSERT_EQ(mkfifo((root + "/page/pipe.txt").c_str(), 0600), 0);
  for (const char* name : {"", ".", "..", "folder.js", "folder/inner.js", ".hidden.js", "LICENSE", "program.sh",
                           "outside.txt", "up/secret.txt", "../secret.txt", "..%2fsecret.txt", "pipe.txt", "none.js"})
    EXPECT_FALSE(get(name)) << name;
  EXPECT_FALSE(get(std::string{"index.html\0.txt", 15}));
  EXPECT_TRUE(get("index.html"));
}

TEST_F(StaticFilesTest, AreBoundedInSize) {
  write("page/fits.txt", std::string(4 * 1024 * 1024, 'a'));
  write("page/large.txt", std::string(4 * 1024 * 1024 + 1, 'a'));
  EXPECT_TRUE(get("fits.txt"));
  EXPECT_FALSE(get("large.txt"));
}

TEST_F(StaticFilesTest, AreSentAnewOnlyWhenTheyChanged) {
  const auto first = get("index.html");
  const std::string tag{first->headers.first("ETag")};
  for (const std::string& has : {tag, "W/" + tag, R"("x" , )" + tag, std::string{"*"}}) {
    const auto again = get("index.html", {{"If-None-Match", has}});
    EXPECT_EQ(again->status, 304) << has;
    EXPECT_EQ(again->headers.first("ETag"), tag);
    EXPECT_TRUE(again->body.empty());
  }
  for (const std::string& other : {std::string{R"("x")"}, std::string{}, std::string{" , "}, tag.substr(1)})
    EXPECT_EQ(get("index.html", {{"If-None-Match", other}})->status, 200) << other;
  write("page/index.html", "<!doctype HTML>");  // of the same length
  EXPECT_EQ(get("index.html", {{"If-None-Match", tag}})->status, 200);
}

TEST_F(StaticFilesTest, AreNoneWhereTheDirectoryIsMissing) {
  EXPECT_TRUE(files().has("index.html"));
  EXPECT_FALSE(StaticFiles{root + "/nowhere"}.has("index.html"));
  EXPECT_FALSE(StaticFiles{""}.has("index.html"));
}

}  // namespace
}  // namespace portcullis::world
