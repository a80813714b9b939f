#include "run/convert.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "config/config.hpp"
#include "run/card_facts.hpp"
#include "run/converted_files.hpp"
#include "run/dataset_files.hpp"
#include "run/output_folder.hpp"
#include "run/stored_pictures.hpp"

#include <fmt/format.h>

#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

fs::path absolute_folder(const fs::path &path) {
  fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

void require_empty(const fs::path &folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) {
    throw Error(fmt::format("{} is a file", folder.string()), "name a folder that is not there");
  }
  if (!fs::is_empty(folder)) {
    throw Error(fmt::format("{} is not empty", folder.string()),
                "name a folder that is not there yet: `convert` adds to nothing");
  }
}

// Comments at the beginning of a job file: which programs drew the dataset.
std::string leading_comments(const std::string &text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] == '#') {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return text.substr(0, end);
}

// One conversion, built beside its destination.
class Conversion {
 public:
  Conversion(const fs::path &from, const fs::path &to, const ConvertTarget &target)
      : from_(absolute_folder(from)),
        to_(absolute_folder(to)),
        building_(to_.parent_path() / fmt::format(".{}.pictor-convert", to_.filename().string())),
        target_(target),
        source_(open_source()) {
    require_empty(to_);
    clear();  // what a killed conversion left
  }
  ~Conversion() { clear(); }
  Conversion(const Conversion &) = delete;
  Conversion &operator=(const Conversion &) = delete;

  Converted run() {
    make_directories(building_);
    copy_ledger(from_, building_);
    Converted converted;
    {
      Ledger copy = Ledger::open(building_);
      const Json job = converted_job();
      copy.set_job(job);
      converted.pictures = move_pictures(copy);
      converted.job_file = write_files(copy);
      copy.set_derived_version(copy.version());
    }
    sync_directory(building_);
    publish();
    return converted;
  }

 private:
  Ledger open_source() const {
    { const Ledger is_there = Ledger::open_read_only(from_); }
    Ledger source = Ledger::open(from_);  // refuses a folder that a run holds
    if (is_half_cleared(source)) {
      throw Error(fmt::format("{}: an overwrite of it was cut short", from_.string()),
                  "run its job again first");
    }
    if (!source.job().contains("layout")) {
      throw Error(fmt::format("{}: no run has begun a dataset here", from_.string()),
                  "run its job first");
    }
    return source;
  }

  void clear() const {
    std::error_code error;
    fs::remove_all(building_, error);
  }

  Json converted_job() {
    Json job = source_.job();
    const Sink before = recorded_sink(job);
    sink_.layout = target_.layout;
    sink_.transcode = before.transcode;
    if (sink_.layout == "folder") {
      sink_.name = target_.name.empty() ? before.name : target_.name;
      sink_.sidecar = target_.sidecar;
    }
    if (sink_.sharded()) sink_.columns = survey();
    add_to_record(sink_, job);
    return job;
  }

  SampleColumns survey() const {
    ColumnSurvey columns;
    source_.for_each_end([&](const SampleEnd &end) {
      if (end.outcome == Outcome::ok) columns.observe(end.metadata);
    });
    return columns.finish();
  }

  std::unique_ptr<ConvertedFiles> open_files(Ledger &copy) const {
    const Json job = copy.job();
    const fs::path split_folder = building_ / job.value("split", "train");
    make_directories(split_folder);
    const FolderLayout layout = layout_from_json(job.at("layout"));
    auto placed = [&copy](std::span<const SampleEnd> ends) { copy.placed(ends); };
    if (sink_.sharded()) {
      return make_shards(split_folder, sink_, layout, copy.models(), target_.limits, placed);
    }
    return make_loose_files(split_folder, sink_, layout, copy.models(), placed);
  }

  std::uint64_t move_pictures(Ledger &copy) {
    const std::unique_ptr<ConvertedFiles> files = open_files(copy);
    StoredPictures pictures(from_, source_);
    std::uint64_t done = 0;
    source_.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      const std::string bytes = pictures.read(end);
      if (sha256_hex(bytes.data(), bytes.size()) != end.sha256) {
        throw Error(fmt::format("{}: its bytes are not those that were drawn",
                                (from_ / pictures.place(end)).string()),
                    "restore the file, or draw it again, then convert");
      }
      files->add(end, bytes);
      ++done;
    });
    files->finish();
    return done;
  }

  // Returns whether there is a job file.
  bool write_files(const Ledger &copy) const {
    write_listings(copy, building_, [](std::uint32_t) { return std::nullopt; });
    // The lines of the prompt file are known to the run that read it.
    if (fs::exists(failures_file(from_)) && source_.version() == source_.derived_version()) {
      write_file(failures_file(building_), read_file(failures_file(from_)));
    }
    CardFacts facts = card_facts(copy, building_);
    facts.title = dataset_title(to_);
    write_file(building_ / "README.md", dataset_card(facts));
    return write_job_file();
  }

  bool write_job_file() const {
    const fs::path file = from_ / "job.yaml";
    if (!fs::exists(file)) return false;
    try {
      Config config = load_config(file);
      OutputConfig &output = config.job.output;
      output.dir = to_;
      output.layout = sink_.layout;
      output.name = sink_.layout == "folder" ? sink_.name : "";
      output.sidecar = sink_.sidecar;
      output.shard_size = target_.limits.bytes;
      output.shard_pictures = target_.limits.pictures;
      write_file(building_ / "job.yaml", leading_comments(read_file(file)) + to_yaml(config));
      return true;
    } catch (const FileError &) {
      throw;
    } catch (const Error &) {  // edited by hand, say
      return false;
    }
  }

  void publish() const {
    std::error_code error;
    fs::rename(building_, to_, error);  // also over an empty folder
    if (error) throw FileError("make the folder", to_, error.value());
    sync_directory(to_.parent_path());
  }

  const fs::path from_, to_, building_;
  const ConvertTarget target_;
  const Ledger source_;
  Sink sink_;
};

}  // namespace

Converted convert_dataset(const fs::path &from, const fs::path &to, const ConvertTarget &target) {
  return Conversion(from, to, target).run();
}

}  // namespace pictor::host
