#include "plan/row_fields.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

std::string print(const RowFields &fields) {
  Json row = Json::object();
  for (const RowField &field : fields) row[field.name] = field.value;
  return row.dump();
}

std::string json_row(std::string_view text) {
  RowFields fields;
  read_json_row(text, fields);
  return print(fields);
}

}  // namespace

TEST_CASE("a JSON row keeps every value that is there") {
  CHECK(json_row(R"({"a": 1, "b": -2, "c": 0.5, "d": true, "e": "x", "f": null})") ==
        R"({"a":1,"b":-2,"c":0.5,"d":true,"e":"x"})");
  CHECK(json_row(R"({"a": [1, [2], {"b": [3, null]}], "c": {"d": {"e": []}}, "f": 4})") ==
        R"({"a":[1,[2],{"b":[3,null]}],"c":{"d":{"e":[]}},"f":4})");
  CHECK(json_row("\"just a prompt\"") == R"({"prompt":"just a prompt"})");
  CHECK(json_row("{}") == "{}");
}

TEST_CASE("fields of the last row are gone") {
  RowFields fields;
  read_json_row(R"({"prompt": "a", "x": 1})", fields);
  read_json_row(R"({"prompt": "b"})", fields);
  CHECK(print(fields) == R"({"prompt":"b"})");
  read_text_row("c", fields);
  CHECK(print(fields) == R"({"prompt":"c"})");
}

TEST_CASE("cells may be empty, quoted, and hold what parts cells") {
  const auto cells_of = [](std::string_view text) {
    std::vector<std::string> cells;
    read_cells(text, ',', cells);
    return cells;
  };
  using Cells = std::vector<std::string>;
  CHECK(cells_of("a,b") == Cells{"a", "b"});
  CHECK(cells_of(",") == Cells{"", ""});
  CHECK(cells_of("") == Cells{""});
  CHECK(cells_of("\"a,\"\"b\"\"\",c") == Cells{"a,\"b\"", "c"});
  CHECK(cells_of("\"\",\"x\"") == Cells{"", "x"});
  CHECK(cells_of("a\"b,c") == Cells{"a\"b", "c"});
  CHECK(cells_of("a,\"b\",") == Cells{"a", "b", ""});
  CHECK_THROWS_AS(cells_of("\"a\" ,b"), RowError);
  CHECK_THROWS_AS(cells_of("\"a"), RowError);
}

TEST_CASE("the number of columns is bounded") {
  std::string many = "{";
  for (int i = 0; i < 1001; ++i) many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  RowFields fields;
  CHECK_THROWS_AS(read_json_row(many + "}", fields), RowError);
}
