#include "output/metadata_file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <limits>
#include <sstream>
#include <vector>

using namespace pictor::host;
using pictor::test::read_file;
using pictor::test::TempDir;

namespace {

std::string metadata_of(const std::vector<Json> &records) {
  const TempDir dir;
  const auto lines = write_metadata_file(dir / "metadata.jsonl", [&](const RecordVisitor &visit) {
    for (const Json &record : records) visit(record);
  });
  CHECK(lines == records.size());
  return read_file(dir / "metadata.jsonl");
}

}  // namespace

TEST_CASE("every line has the same columns in the same order") {
  CHECK(metadata_of({{{"seed", 1}, {"text", "a fox"}, {"file_name", "0.png"}},
                     {{"file_name", "1.png"}, {"style", "oil"}},
                     {{"file_name", "2.png"}, {"text", "an owl"}, {"never", nullptr}}}) ==
        R"({"file_name":"0.png","text":"a fox","seed":1,"style":null}
{"file_name":"1.png","text":"","seed":null,"style":"oil"}
{"file_name":"2.png","text":"an owl","seed":null,"style":null}
)");
}

TEST_CASE("every column has one type") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(metadata_of(
            {{{"file_name", "0"},
              {"scale", 7},
              {"mixed", 1},
              {"list", {1, 2}},
              {"flag", true},
              {"x", nan}},
             {{"file_name", "1"},
              {"scale", 7.5},
              {"mixed", true},
              {"list", {"a"}},
              {"flag", false},
              {"x", 2}},
             {{"file_name", "2"}, {"scale", nullptr}, {"mixed", "a"}, {"list", Json::object()}}}) ==
        R"({"file_name":"0","text":"","scale":7.0,"mixed":"1","list":"[1,2]","flag":true,"x":null}
{"file_name":"1","text":"","scale":7.5,"mixed":"true","list":"[\"a\"]","flag":false,"x":2}
{"file_name":"2","text":"","scale":null,"mixed":"a","list":"{}","flag":null,"x":null}
)");
}

TEST_CASE("integers that a reader would round become text") {
  CHECK(metadata_of({{{"file_name", "0"}, {"seed", 5}},
                     {{"file_name", "1"}, {"seed", std::uint64_t{18446744073709551615u}}}}) ==
        R"({"file_name":"0","text":"","seed":"5"}
{"file_name":"1","text":"","seed":"18446744073709551615"}
)");
}

TEST_CASE("names that the loader would take for pictures are renamed") {
  CHECK(metadata_of({{{"file_name", "0"},
                      {"image", "a"},
                      {"image_value", "b"},
                      {"row_file_name", "c"},
                      {"x_file_names", {"d"}}}}) ==
        R"({"file_name":"0","text":"","image_value_value":"a","image_value":"b",)"
        R"("row_file_name_value":"c","x_file_names_value":"[\"d\"]"})"
        "\n");
}

TEST_CASE("hostile texts stay on their line") {
  const std::string text = "\"quoted\"\r\nnew line\u2028\t\x01 狐 🦊 </script> \xFF";
  const std::string file = metadata_of({{{"file_name", "0"}, {"text", text}}});
  CHECK(std::count(file.begin(), file.end(), '\n') == 1);
  CHECK(Json::parse(file)["text"] ==
        "\"quoted\"\r\nnew line\u2028\t\x01 狐 🦊 </script> \uFFFD");
}

TEST_CASE("no record, no line; a source that fails leaves the old file") {
  CHECK(metadata_of({}).empty());
  const TempDir dir;
  dir.write("metadata.jsonl", "old");
  int calls = 0;
  const RecordSource failing = [&](const RecordVisitor &visit) {
    visit({{"file_name", "0"}});
    if (++calls == 2) throw std::runtime_error("the ledger broke");
  };
  CHECK_THROWS_WITH(write_metadata_file(dir / "metadata.jsonl", failing), "the ledger broke");
  CHECK(read_file(dir / "metadata.jsonl") == "old");
}
