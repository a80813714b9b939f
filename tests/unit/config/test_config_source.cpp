#include "base/error.hpp"
#include "config/source.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

std::shared_ptr<const Source> source_of(std::string text) {
  return std::make_shared<const Source>("run.yaml", std::move(text));
}

std::string read_error(const std::filesystem::path &path) {
  try {
    Source::read(path);
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a located error shows the line and a caret") {
  const auto source = source_of("a: 1\nbcd: 2\n");
  CHECK(point_at({source, 2, 1, 3}, "no such key") == "run.yaml:2:1: no such key\n  bcd: 2\n  ^~~");
  CHECK(point_at({source, 2, 6, 1}, "too small") == "run.yaml:2:6: too small\n  bcd: 2\n       ^");
  CHECK(point_without_line({source, 2, 6, 1}, "too small") == "run.yaml:2:6: too small");
  CHECK(point_at({source, 0, 0, 1}, "as a whole") == "run.yaml: as a whole");
  CHECK(point_at({}, "nowhere") == "nowhere");
}

TEST_CASE("columns are characters and the caret stands below wide ones") {
  const auto source = source_of("é狐: x\n");
  CHECK(point_at({source, 1, 8, 1}, "here") == "run.yaml:1:5: here\n  é狐: x\n       ^");
}

TEST_CASE("a place past the end or within hostile text still prints") {
  CHECK(point_at({source_of("a"), 7, 9, 5}, "gone") == "run.yaml:7:1: gone\n  \n  ^");
  const std::string text = point_at({source_of("a: \x1b[31m\xe2\x80\xae"), 1, 4, 3}, "\x1b]0;x");
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("of a long line the part around the place is shown") {
  std::string line(100000, 'a');
  line.append("X").append(100000, 'b');
  const auto source = source_of(line);
  const std::string text = point_at({source, 1, 100001, 1}, "here");
  CHECK(text.size() < 400);
  CHECK_THAT(text, ContainsSubstring("aaaXbbb"));
}

TEST_CASE("lines end at LF and CRLF, and a byte order mark is no text") {
  const TempDir dir;
  const auto source = Source::read(dir.write("a.yaml", "\xEF\xBB\xBFone\r\ntwo\n"));
  CHECK(source->line(1) == "one");
  CHECK(source->line(2) == "two");
  CHECK(source->line(3).empty());
  CHECK(source->line(99).empty());
  CHECK(place_at(source, 6).line == 2);
  CHECK(place_at(source, 6).column == 2);
}

TEST_CASE("a file that cannot be read is named") {
  const TempDir dir;
  CHECK_THAT(read_error(dir / "none.yaml"), ContainsSubstring("none.yaml"));
  CHECK_THAT(read_error(dir.path()), ContainsSubstring(dir.path().string()));
  CHECK_THAT(read_error(dir.write("big.yaml", std::string(17 << 20, ' '))),
             ContainsSubstring("big.yaml"));
  CHECK_THAT(read_error(dir.write("latin1.yaml", "a: 1\nb: caf\xe9\n")),
             ContainsSubstring("latin1.yaml:2:7: the file is not UTF-8 here"));
  CHECK_THAT(read_error(dir.write("utf16.yaml", std::string("\xff\xfe"
                                                            "a\0",
                                                            4))),
             ContainsSubstring("utf16.yaml:1:1: the file is not UTF-8 here"));
}
