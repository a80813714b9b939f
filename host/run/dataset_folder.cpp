#include "run/dataset_folder.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/unix_time.hpp"
#include "output/decode.hpp"
#include "output/infotext.hpp"
#include "run/sample_record.hpp"
#include "run/sink.hpp"

#include <chrono>
#include <string_view>

namespace pictor::host {

namespace {

using MonotonicClock = std::chrono::steady_clock;

std::int64_t nanoseconds_since(MonotonicClock::time_point begun) {
  return std::chrono::nanoseconds(MonotonicClock::now() - begun).count();
}

SampleEnd begin_end(const Request &request, std::uint32_t index, const PictureMeta *meta) {
  SampleEnd end;
  end.key = request.key(index);
  end.row_id = request.row.id;
  end.prompt = request.row.prompt;
  end.seed = sample_seed_of(request, index, meta);
  end.cost_micros = sample_cost_of(meta);
  end.finished_at_ms = unix_time_ms();
  return end;
}

void set_failure(SampleEnd &end, const Failure &failure) {
  end.outcome = failure.outcome;
  end.failure = failure;
}

void set_size(Json &record, std::uint32_t width, std::uint32_t height) {
  record["width"] = width;
  record["height"] = height;
}

}  // namespace

// An image file that is not written yet: bytes of our own, or the plugin's.
struct DatasetFolder::File {
  ImageFormat format;
  std::string encoded;
  SharedBytes kept;
  std::string_view bytes() const {
    return kept ? std::string_view(reinterpret_cast<const char *>(kept.get()), kept_size) : encoded;
  }
  std::uint64_t kept_size = 0;
};

PictureNaming row_naming(FileNames names) {
  return
      [names = std::move(names)](const Request &request, std::uint32_t index, ImageFormat format) {
        const SampleKey key = request.key(index);
        return names.file_name(key.row, key.model, key.generation, format);
      };
}

DatasetFolder::DatasetFolder(std::filesystem::path folder, PictureNaming naming,
                             PictureEncoding encoding)
    : folder_(std::move(folder)), naming_(std::move(naming)), encoding_(std::move(encoding)) {
  make_directories(folder_);
  sync_directory(folder_.parent_path());
}

std::variant<DatasetFolder::File, Failure> DatasetFolder::make_file(const DrawnPicture &drawn,
                                                                    Json &record) const {
  const Picture &picture = drawn.picture;
  if (picture.kind == Picture::Kind::raw) {
    set_size(record, picture.width, picture.height);
    auto encoded = encode_picture(picture, encoding_.options,
                                  {make_infotext(record, encoding_.version), record});
    if (auto *failure = std::get_if<Failure>(&encoded)) return std::move(*failure);
    return File{encoding_.options.format, std::get<std::string>(std::move(encoded)), {}, 0};
  }
  File file{ImageFormat::png, {}, picture.data, picture.size};
  const auto checked = check_image(file.bytes());
  if (const auto *failure = std::get_if<Failure>(&checked)) return *failure;
  const ImageInfo &info = std::get<ImageInfo>(checked);
  set_size(record, info.width, info.height);
  file.format = info.format;
  if (encoding_.transcode && info.format != encoding_.options.format) {
    if (auto other = converted(file.bytes(), record)) return std::move(*other);
  }
  return file;
}

// Nothing when the format cannot hold it: a picture that was paid for is kept as it is then.
std::optional<DatasetFolder::File> DatasetFolder::converted(std::string_view bytes,
                                                            const Json &record) const {
  const auto decoded = decode_image(bytes);
  const auto *pixels = std::get_if<Pixels>(&decoded);
  if (pixels == nullptr) return std::nullopt;
  auto encoded = encode_picture(picture_of(*pixels), encoding_.options,
                                {make_infotext(record, encoding_.version), record});
  if (std::holds_alternative<Failure>(encoded)) return std::nullopt;
  return File{encoding_.options.format, std::get<std::string>(std::move(encoded)), {}, 0};
}

SampleEnd DatasetFolder::store(const DrawnPicture &drawn) {
  const Request &request = *drawn.request;
  SampleEnd end = begin_end(request, drawn.index, &drawn.meta);
  end.queue_ns = drawn.meta.queue_ns;
  end.generate_ns = drawn.meta.compute_ns > 0 ? drawn.meta.compute_ns : drawn.drawn_in.count();
  end.metadata = sample_record(request, drawn.index, &drawn.meta);

  const MonotonicClock::time_point encoding = MonotonicClock::now();
  const auto made = make_file(drawn, end.metadata);
  end.encode_ns = nanoseconds_since(encoding);
  if (const auto *failure = std::get_if<Failure>(&made)) {
    set_failure(end, *failure);
    return end;
  }

  const MonotonicClock::time_point writing = MonotonicClock::now();
  const File &file = std::get<File>(made);
  end.file_name = naming_(request, drawn.index, file.format);
  make_sub_folders(std::filesystem::path(end.file_name).parent_path());
  write_file(folder_ / end.file_name, file.bytes());
  end.file_size = file.bytes().size();
  end.sha256 = sha256_hex(file.bytes().data(), file.bytes().size());
  end.metadata["sha256"] = end.sha256;
  write_sidecar(end);
  end.write_ns = nanoseconds_since(writing);
  end.outcome = Outcome::ok;
  return end;
}

SampleEnd DatasetFolder::failed(const Request &request, std::uint32_t index,
                                const Failure &failure) {
  SampleEnd end = begin_end(request, index, nullptr);
  end.metadata = sample_record(request, index, nullptr);
  set_failure(end, failure);
  return end;
}

void DatasetFolder::write_sidecar(const SampleEnd &end) const {
  if (encoding_.sidecar == "none") return;
  const std::filesystem::path picture = folder_ / end.file_name;
  write_file(std::filesystem::path(picture).replace_extension(encoding_.sidecar),
             sidecar_content(encoding_.sidecar, end));
}

void DatasetFolder::make_sub_folders(const std::filesystem::path &relative) {
  if (relative.empty()) return;
  const std::lock_guard lock(mutex_);
  if (made_.contains(relative)) return;
  make_directories(folder_ / relative);
  for (std::filesystem::path above = relative; !above.empty(); above = above.parent_path()) {
    if (!made_.insert(above).second) break;
    sync_directory((folder_ / above).parent_path());
  }
}

void DatasetFolder::flush(std::span<const SampleEnd> ends) {
  std::set<std::filesystem::path> touched;
  for (const SampleEnd &end : ends) {
    if (end.outcome == Outcome::ok) touched.insert((folder_ / end.file_name).parent_path());
  }
  for (const std::filesystem::path &folder : touched) sync_directory(folder);
}

}  // namespace pictor::host
