#include "base/hash.hpp"
#include "output/gallery.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <vector>

using namespace pictor::host;
using pictor::test::read_file;
using pictor::test::TempDir;

namespace {

std::string page_of(const std::vector<GalleryEntry> &entries, const std::string &title = "foxes") {
  const TempDir dir;
  const auto total =
      write_gallery(dir / "gallery.html", title, "Pictor 0.1.0", [&](const GalleryVisitor &visit) {
        for (const GalleryEntry &entry : entries) visit(entry);
      });
  CHECK(total == entries.size());
  return read_file(dir / "gallery.html");
}

// What stands between two marks, the second searched from the first's end.
std::string between(const std::string &text, const std::string &before, const std::string &after) {
  const std::size_t start = text.find(before);
  REQUIRE(start != std::string::npos);
  const std::size_t end = text.find(after, start + before.size());
  REQUIRE(end != std::string::npos);
  return text.substr(start + before.size(), end - start - before.size());
}

Json data_of(const std::string &page) {
  return Json::parse(between(page, "<script type=\"application/json\" id=\"data\">", "</script>"));
}

std::size_t count(const std::string &text, const std::string &part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
  return found;
}

GalleryEntry fox() {
  GalleryEntry entry;
  entry.file = "train/000000_0.png";
  entry.prompt = "a fox";
  entry.width = 512;
  entry.height = 768;
  entry.seed = 18446744073709551615u;
  entry.sha256 = "ab12";
  entry.settings = {
      {"text", "a fox"}, {"seed", 1}, {"steps", 30}, {"eta", nullptr}, {"model", "painter"}};
  return entry;
}

}  // namespace

TEST_CASE("the page holds every sample and its settings") {
  GalleryEntry refused;
  refused.outcome = Outcome::refused;
  refused.message = "not allowed";
  const Json data = data_of(page_of({fox(), refused}));
  CHECK(data["total"] == 2);
  CHECK(data["version"] == "Pictor 0.1.0");
  CHECK(data["entries"][0].dump() ==
        R"({"file":"train/000000_0.png","picture":"","message":"","outcome":"ok","prompt":"a fox",)"
        R"("width":512,)"
        R"("height":768,"facts":[["seed","18446744073709551615"],["size","512 × 768"],)"
        R"(["steps","30"],["model","painter"],["file","train/000000_0.png"],["sha256","ab12"]]})");
  CHECK(data["entries"][1]["outcome"] == "refused");
  CHECK(data["entries"][1]["message"] == "not allowed");
  CHECK(data_of(page_of({}))["entries"].empty());
}

TEST_CASE("hostile texts stay inside the page's data") {
  GalleryEntry entry = fox();
  entry.prompt = "</script><script>alert(1)</script><!-- \u2028\u2029 {{script}} \" \\ \xFF";
  entry.settings = {{"</script>", "<!--<script>"}};
  const std::string title = "</title><script>alert(2)</script>{{data}}";
  const std::string page = page_of({entry}, title);
  CHECK(count(page, "<script") == 2);  // the data and the page's own
  CHECK(count(page, "</script") == 2);
  CHECK(count(page, "<!--") == 0);
  CHECK(page.find("\u2028") == std::string::npos);
  CHECK(page.find("{{data}}") != std::string::npos);
  CHECK(data_of(page)["entries"][0]["prompt"] ==
        "</script><script>alert(1)</script><!-- \u2028\u2029 {{script}} \" \\ \uFFFD");
}

TEST_CASE("only the page's own script and style may run, and nothing comes from elsewhere") {
  const std::string page = page_of({fox()});
  const std::string policy = between(page, "Content-Security-Policy\" content=\"", "\"");
  const std::string script = between(page, "<script>", "</script>");
  const std::string style = between(page, "<style>", "</style>");
  CHECK_THAT(policy, ContainsSubstring("default-src 'none'"));
  CHECK_THAT(policy, ContainsSubstring("script-src 'sha256-" + sha256_base64(script) + "'"));
  CHECK_THAT(policy, ContainsSubstring("style-src 'sha256-" + sha256_base64(style) + "'"));
  CHECK(page.find("http://") == std::string::npos);
  CHECK(page.find("https://") == std::string::npos);
  CHECK(script.find("innerHTML") == std::string::npos);
  CHECK(page.find("style=\"") == std::string::npos);
}

TEST_CASE("a page that would be too large shows the first and knows how many there are") {
  const TempDir dir;
  const auto total = write_gallery(dir / "g.html", "t", "v", [](const GalleryVisitor &visit) {
    for (std::uint64_t i = 0; i < max_gallery_entries + 5; ++i) visit(GalleryEntry{});
  });
  CHECK(total == max_gallery_entries + 5);
  const Json data = data_of(read_file(dir / "g.html"));
  CHECK(data["entries"].size() == max_gallery_entries);
  CHECK(data["total"] == max_gallery_entries + 5);
}
