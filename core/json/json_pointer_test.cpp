#include <gtest/gtest.h>

#include "portcullis/json.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

// The document and the pointers of RFC 6901 §5, and what leads nowhere.
TEST(JsonPointer, LeadsWhereTheRfcSays) {
  const auto document = JsonDocument::parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,
      "k\"l":6," ":7,"m~n":8,"deep":{"list":[{"x":[10,11]}]},"https://x.example/roles":["admin"]})",
                                            {});
  ASSERT_TRUE(document);
  struct Row {
    std::string_view pointer;
    std::optional<std::string_view> value;
  };
  for (const Row& row : {
           Row{"/foo", R"(["bar","baz"])"},
           Row{"/foo/0", R"("bar")"},
           Row{"/foo/1", R"("baz")"},
           Row{"/", "0"},
           Row{"/a~1b", "1"},
           Row{"/c%d", "2"},
           Row{"/e^f", "3"},
           Row{"/g|h", "4"},
           Row{"/i\\j", "5"},
           Row{"/k\"l", "6"},
           Row{"/ ", "7"},
           Row{"/m~0n", "8"},
           Row{"/deep/list/0/x/1", "11"},
           Row{"/https:~1~1x.example~1roles", R"(["admin"])"},
           Row{"/foo/2", {}},
           Row{"/foo/00", {}},
           Row{"/foo/-", {}},
           Row{"/foo/+1", {}},
           Row{"/foo/", {}},
           Row{"/foo/99999999999999999999999", {}},
           Row{"/foo/0/x", {}},
           Row{"/a~01b", {}},
           Row{"/nothing", {}},
           Row{"foo", {}},
           Row{"/m~n", {}},
           Row{"/m~", {}},
       }) {
    SCOPED_TRACE(row.pointer);
    const auto found = find_at(document->root(), row.pointer);
    ASSERT_EQ(found.has_value(), row.value.has_value());
    if (!found) continue;
    JsonWriter writer;
    write_json(writer, *found);
    EXPECT_EQ(writer.text(), *row.value);
  }
  EXPECT_TRUE(find_at(document->root(), "")->is(JsonKind::object));  // the whole document
}

}  // namespace
}  // namespace portcullis
