#include "plan/metadata_columns.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

// The types that these values of one column make together.
std::string type_of(const std::vector<Json> &values, bool from_text = false) {
  MetadataColumns columns;
  for (const Json &value : values) columns.observe("c", value, from_text);
  columns.finish();
  return columns.columns()[0].second;
}

}  // namespace

TEST_CASE("a column has one type for all rows") {
  CHECK(type_of({"a", "b"}) == "string");
  CHECK(type_of({1, 2}) == "integer");
  CHECK(type_of({1, 2.5}) == "number");
  CHECK(type_of({UINT64_MAX, 1}) == "number");
  CHECK(type_of({true, false}) == "boolean");
  CHECK(type_of({Json::array({1}), Json::object()}) == "json");
  CHECK(type_of({1, "a"}) == "string");
  CHECK(type_of({true, 1}) == "string");
}

TEST_CASE("cells count as numbers where nothing is lost") {
  CHECK(type_of({"1", "2"}, true) == "integer");
  CHECK(type_of({"1", "0.5"}, true) == "number");
  CHECK(type_of({"true"}, true) == "boolean");
  CHECK(type_of({"007"}, true) == "string");
  CHECK(type_of({"1.10"}, true) == "string");
  CHECK(type_of({"[1]"}, true) == "string");
  CHECK(type_of({"null"}, true) == "string");
}

TEST_CASE("values take their column's type") {
  MetadataColumns columns;
  columns.observe("mixed", 1, false);
  columns.observe("mixed", "a", false);
  columns.observe("real", 1, false);
  columns.observe("real", 0.5, false);
  columns.observe("cell", "7", true);
  columns.finish();
  CHECK(columns.value_of("mixed", 1, false) == "1");
  CHECK(columns.value_of("mixed", Json::array({1}), false) == "[1]");
  CHECK(columns.value_of("real", 1, false).dump() == "1.0");
  CHECK(columns.value_of("cell", "7", true) == 7);
}

TEST_CASE("names of ours give way") {
  MetadataColumns columns;
  for (const char *name : {"mood", "width", "row_width", "sketch_file_name", "label"}) {
    columns.observe(name, 1, false);
  }
  columns.finish();
  CHECK(columns.name_of("mood") == "mood");
  CHECK(columns.name_of("width") == "row_row_width");
  CHECK(columns.name_of("row_width") == "row_width");
  CHECK(columns.name_of("sketch_file_name") == "row_sketch_file_name_");
  CHECK(columns.name_of("label") == "row_label");
}
