#include "output/decode.hpp"
#include "output/encode.hpp"
#include "output/stored_settings.hpp"
#include "run/dataset_folder.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <cstdint>
#include <vector>

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

const std::vector<std::uint8_t> grey(64, 100);

std::string picture_file(ImageFormat format) {
  const Pixels pixels{8, 8, 1, grey};
  return std::get<std::string>(encode_picture(picture_of(pixels), {format, 90}, {}));
}

// How the store keeps a picture that came as these bytes; `folder` is where.
struct Stored {
  SampleEnd end;
  std::string bytes;
};
Stored store(const TempDir &dir, const std::string &bytes, bool transcode) {
  static RunModel model;
  model.name = "painter";
  auto request = std::make_shared<Request>();
  request->model = &model;
  request->row.prompt = "fox";
  request->work.generations = {0};
  request->asked.seeds = {7};
  DrawnPicture drawn;
  drawn.request = request;
  drawn.picture.kind = Picture::Kind::encoded;
  drawn.picture.data =
      SharedBytes(SharedBytes{}, reinterpret_cast<const std::uint8_t *>(bytes.data()));
  drawn.picture.size = bytes.size();
  DatasetFolder folder(dir.path() / "train", row_naming(FileNames({}, {"painter"})),
                       {{ImageFormat::png, 95}, transcode, "none", "Pictor test"});
  Stored stored;
  stored.end = folder.store(drawn);
  if (stored.end.outcome == Outcome::ok) {
    stored.bytes = pictor::test::read_file(dir.path() / "train" / stored.end.file_name);
  }
  return stored;
}

}  // namespace

TEST_CASE("bytes that came encoded are kept as they are") {
  const TempDir dir;
  const std::string jpeg = picture_file(ImageFormat::jpeg);
  const Stored stored = store(dir, jpeg, false);
  CHECK(stored.end.file_name == "000000_0.jpg");
  CHECK(stored.bytes == jpeg);
}

TEST_CASE("transcode converts another format, with the settings inside") {
  const TempDir dir;
  const Stored stored = store(dir, picture_file(ImageFormat::jpeg), true);
  CHECK(stored.end.file_name == "000000_0.png");
  CHECK(image_format(stored.bytes) == ImageFormat::png);
  const auto settings = read_stored_settings(stored.bytes);
  REQUIRE(settings);
  CHECK(settings->settings["text"] == "fox");
  CHECK(stored.end.metadata["width"] == 8);
}

TEST_CASE("transcode leaves the job's own format alone") {
  const TempDir dir;
  const std::string png = picture_file(ImageFormat::png);
  CHECK(store(dir, png, true).bytes == png);
}

TEST_CASE("what is no picture is none with transcode either") {
  const TempDir dir;
  CHECK(store(dir, "no picture", true).end.outcome != Outcome::ok);
}
