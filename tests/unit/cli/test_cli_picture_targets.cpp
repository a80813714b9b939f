#include "base/error.hpp"
#include "cli/picture_targets.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

std::vector<std::string> names(const PictureTargets &targets) {
  std::vector<std::string> result;
  for (const auto &file : targets.files) result.push_back(file.filename().string());
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("one picture has the name that was given, several are numbered") {
  const TempDir dir;
  const std::string fox = (dir / "fox.png").string();
  CHECK(names(picture_targets(fox, 1, 7, false)) == Names{"fox.png"});
  CHECK(names(picture_targets(fox, 3, 7, false)) ==
        Names{"fox-0000.png", "fox-0001.png", "fox-0002.png"});
  CHECK(names(picture_targets("", 1, 7, true)) == Names{"pictor-7.png"});
}

TEST_CASE("the ending says the format") {
  const TempDir dir;
  CHECK(picture_targets((dir / "a.png").string(), 1, 0, false).format == ImageFormat::png);
  CHECK(picture_targets((dir / "a.JPG").string(), 1, 0, false).format == ImageFormat::jpeg);
  CHECK(picture_targets((dir / "a.jpeg").string(), 1, 0, false).format == ImageFormat::jpeg);
  CHECK(picture_targets((dir / "a.b.webp").string(), 1, 0, false).format == ImageFormat::webp);
  CHECK_THROWS_AS(picture_targets((dir / "a.tiff").string(), 1, 0, false), Error);
  CHECK_THROWS_AS(picture_targets((dir / "a").string(), 1, 0, false), Error);
}

TEST_CASE("stdout takes one picture, as PNG") {
  const PictureTargets targets = picture_targets("-", 1, 0, false);
  CHECK(targets.to_stdout);
  CHECK(targets.format == ImageFormat::png);
  CHECK(targets.files.empty());
  CHECK_THROWS_AS(picture_targets("-", 2, 0, false), Error);
}

TEST_CASE("no file that is there is a target unless that was asked for") {
  const TempDir dir;
  dir.write("fox-0001.png", "mine");
  const std::string fox = (dir / "fox.png").string();
  CHECK_NOTHROW(picture_targets(fox, 1, 0, false));
  CHECK_THROWS_WITH(picture_targets(fox, 2, 0, false),
                    ContainsSubstring("fox-0001.png is already there"));
  CHECK_NOTHROW(picture_targets(fox, 2, 0, true));
  std::filesystem::create_symlink(dir / "gone.png", dir / "link.png");
  CHECK_THROWS_AS(picture_targets((dir / "link.png").string(), 1, 0, false), Error);
}

TEST_CASE("a folder that is not there is told before anything is drawn") {
  const TempDir dir;
  CHECK_THROWS_WITH(picture_targets((dir / "no/fox.png").string(), 1, 0, true),
                    ContainsSubstring("there is no folder"));
}
