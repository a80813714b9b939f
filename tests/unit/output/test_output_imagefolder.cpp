#include "base/error.hpp"
#include "output/imagefolder.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

std::string name(const FolderLayout &layout, const std::vector<std::string> &models, int row,
                 int model, int generation, ImageFormat format = ImageFormat::png) {
  return FileNames(layout, models)
      .file_name(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(model),
                 static_cast<std::uint32_t>(generation), format);
}

}  // namespace

TEST_CASE("a name is row and generation") {
  const FolderLayout layout = choose_layout(100, 1, 4);
  CHECK(name(layout, {"painter"}, 0, 0, 0) == "000000_0.png");
  CHECK(name(layout, {"painter"}, 42, 0, 3, ImageFormat::jpeg) == "000042_3.jpg");
  CHECK(name(layout, {"painter"}, 1'234'567, 0, 12, ImageFormat::webp) == "1234567_12.webp");
}

TEST_CASE("large datasets have a folder per 1,000 rows") {
  CHECK_FALSE(choose_layout(10'000, 1, 1).sub_folders);
  const FolderLayout layout = choose_layout(10'001, 1, 1);
  CHECK(name(layout, {"m"}, 0, 0, 0) == "000/000000_0.png");
  CHECK(name(layout, {"m"}, 12'345, 0, 0) == "012/012345_0.png");
  CHECK(name(layout, {"m"}, 1'000'000, 0, 0) == "1000/1000000_0.png");
  CHECK(FileNames(layout, {"m"}).folder(999) == "000");
  CHECK(FileNames(choose_layout(1, 1, 1), {"m"}).folder(999).empty());
}

TEST_CASE("generation indices sort when there are many") {
  CHECK(name(choose_layout(10, 1, 10), {"m"}, 0, 0, 9) == "000000_9.png");
  CHECK(name(choose_layout(10, 1, 11), {"m"}, 0, 0, 9) == "000000_09.png");
  CHECK(name(choose_layout(10, 1, 10'000), {"m"}, 0, 0, 9) == "000000_0009.png");
  CHECK(choose_layout(10, 1, 0).generation_digits == 1);
}

TEST_CASE("several models have their names in the files") {
  const FolderLayout layout = choose_layout(10, 2, 1);
  CHECK(name(layout, {"painter", "gpt-image"}, 0, 0, 0) == "000000_painter_0.png");
  CHECK(name(layout, {"painter", "gpt-image"}, 0, 1, 0) == "000000_gpt-image_0.png");
}

TEST_CASE("a model that joins later never takes a file of the first") {
  const FolderLayout layout = choose_layout(10, 1, 1);
  CHECK(name(layout, {"painter", "late"}, 0, 0, 0) == "000000_0.png");
  CHECK(name(layout, {"painter", "late"}, 0, 1, 0) == "000000_late_0.png");
}

TEST_CASE("hostile model names are harmless and stay distinct") {
  const FolderLayout layout = choose_layout(10, 5, 1);
  const std::vector<std::string> models = {"../../etc",          "a b", "A-B", "a_b", "", "🦊",
                                           std::string(300, 'x')};
  CHECK(name(layout, models, 0, 0, 0) == "000000_------etc_0.png");
  CHECK(name(layout, models, 0, 1, 0) == "000000_a-b_0.png");
  CHECK(name(layout, models, 0, 2, 0) == "000000_A-B-2_0.png");
  CHECK(name(layout, models, 0, 3, 0) == "000000_a-b-3_0.png");
  CHECK(name(layout, models, 0, 4, 0) == "000000_model_0.png");
  CHECK(name(layout, models, 0, 5, 0) == "000000_----_0.png");
  CHECK(name(layout, models, 0, 6, 0) == "000000_" + std::string(40, 'x') + "_0.png");
}

TEST_CASE("a layout survives the ledger") {
  const FolderLayout layout = choose_layout(20'000, 3, 100);
  CHECK(layout_from_json(to_json(layout)) == layout);
  CHECK_THROWS_AS(layout_from_json(Json::object()), Error);
  CHECK_THROWS_AS(layout_from_json({{"sub_folders", 1}}), Error);
}

TEST_CASE("split names are folders and names on the Hub") {
  for (const char *good : {"train", "test", "v1.0", "a_b", "0"}) CHECK(is_split_name(good));
  for (const char *bad : {"", ".", "..", "a/b", ".hidden", "a..b", "a b", "a-b", "a\n", "é"}) {
    CHECK_FALSE(is_split_name(bad));
  }
}
