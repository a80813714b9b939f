#include "run/unrecorded_pictures.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/decode.hpp"
#include "output/stored_settings.hpp"
#include "run/sample_record.hpp"
#include "run/sink.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <set>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::array formats = {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp};
// File systems round the time of a file.
constexpr std::int64_t time_tolerance_ms = 1000;

// Unix time in ms; nothing when there is no such file.
std::optional<std::int64_t> written_at(const fs::path &file) {
  struct stat status;
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw FileError("read", file, errno);
  }
  return std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

// The record inside the picture; else what the request says. Nothing when it is another's picture.
std::optional<Json> record_of(const Request &request, const std::string &bytes) {
  Json asked = sample_record(request, 0, nullptr);
  const std::optional<StoredSettings> stored = read_stored_settings(bytes);
  if (!stored || stored->origin != StoredSettings::Origin::pictor) return asked;
  for (const char *name : {"text", "seed"}) {
    const Json expected = asked.value(name, Json());
    if (!expected.is_null() && stored->settings.value(name, Json()) != expected)
      return std::nullopt;
  }
  return stored->settings;
}

std::optional<std::int64_t> cost_of(const Json &record, const StartedSample &started) {
  const auto cost = record.find("cost");
  if (cost == record.end() || !cost->is_number()) return started.cost_micros;
  return std::llround(cost->get<double>() * 1e6);
}

// Nothing when the file is no whole picture of this sample.
std::optional<SampleEnd> end_of(const Request &request, const StartedSample &started,
                                const std::string &bytes, std::string file_name) {
  const auto checked = check_image(bytes);
  const auto *info = std::get_if<ImageInfo>(&checked);
  if (info == nullptr) return std::nullopt;
  std::optional<Json> record = record_of(request, bytes);
  if (!record) return std::nullopt;
  SampleEnd end;
  end.key = started.key;
  end.outcome = Outcome::ok;
  end.row_id = request.row.id;
  end.prompt = request.row.prompt;
  end.seed = sample_seed_of(request, 0, nullptr);
  end.file_name = std::move(file_name);
  end.file_size = bytes.size();
  end.sha256 = sha256_hex(bytes.data(), bytes.size());
  end.metadata = *std::move(record);
  end.metadata["width"] = info->width;
  end.metadata["height"] = info->height;
  end.metadata["sha256"] = end.sha256;
  end.cost_micros = cost_of(end.metadata, started);
  return end;
}

// The end of a sample whose picture is there; files in its place that are none are removed.
std::optional<SampleEnd> find_end(const PicturePlaces &places, const Request &request,
                                  const StartedSample &started) {
  std::optional<SampleEnd> found;
  for (const ImageFormat format : formats) {
    const std::string name = places.name(request, 0, format);
    const fs::path file = places.folder / name;
    const std::optional<std::int64_t> written = written_at(file);
    if (!written) continue;
    const bool of_this_request = *written + time_tolerance_ms >= started.started_at_ms;
    std::optional<SampleEnd> end;
    if (of_this_request && !found) end = end_of(request, started, read_file(file), name);
    if (end) {
      end->finished_at_ms = *written;
      found = std::move(end);
    } else {
      remove_file(file);
    }
  }
  return found;
}

}  // namespace

void record_unrecorded(Ledger &ledger, const PicturePlaces &places,
                       std::span<const StartedSample> started, const RequestOf &request_of) {
  std::vector<SampleEnd> ends;
  std::set<fs::path> folders;
  for (const StartedSample &sample : started) {
    const std::optional<Request> request = request_of(sample.key);
    if (!request) continue;
    auto end = find_end(places, *request, sample);
    if (!end) continue;
    const fs::path file = places.folder / end->file_name;
    if (places.sidecar != "none") {
      write_file(fs::path(file).replace_extension(places.sidecar),
                 sidecar_content(places.sidecar, *end));
    }
    folders.insert(file.parent_path());
    ends.push_back(*std::move(end));
  }
  for (const fs::path &folder : folders) sync_directory(folder);
  if (!ends.empty()) ledger.ended(ends);
}

}  // namespace pictor::host
