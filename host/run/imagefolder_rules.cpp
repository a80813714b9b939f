#include "output/imagefolder.hpp"
#include "output/metadata_file.hpp"
#include "run/known_pictures.hpp"
#include "run/layout_rules.hpp"
#include "run/sink.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <string>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr const char *metadata_name = "metadata.jsonl";

// As the loader's reader of JSON lines tells them apart; null fits all.
std::string_view type_name(const Json &value) {
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number_float()) return "number";
  if (value.is_string()) return "text";
  return value.is_null() ? "null" : "list or object";
}

// The lines of one metadata.jsonl against each other and the ledger.
class MetadataCheck {
 public:
  MetadataCheck(const Ledger &ledger, std::string file, Findings &findings)
      : known_(ledger), file_(std::move(file)), findings_(findings) {}

  void check(std::istream &in) {
    for (std::string line; std::getline(in, line);) {
      ++line_;
      if (in.eof()) add(FindingKind::metadata, "the last line has no end: the file is cut");
      const Json record = Json::parse(line, nullptr, false);
      if (!record.is_object()) {
        add(FindingKind::metadata, "is no JSON object");
        continue;
      }
      check_columns(record);
      check_picture(record);
    }
  }

  // Pictures of the ledger that no line named.
  void check_complete(const Ledger &ledger, const std::string &split) {
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      const KnownPicture *known = known_.find(end.file_name);
      if (known == nullptr || known->met) return;
      findings_.add(FindingKind::no_line, split + "/" + end.file_name, "no line names it");
    });
  }

 private:
  void add(FindingKind kind, const std::string &message) {
    findings_.add(kind, file_, fmt::format("line {}: {}", line_, message));
  }

  void check_columns(const Json &record) {
    if (line_ == 1 || columns_.empty()) {
      for (const auto &[name, value] : record.items()) {
        columns_[name] = type_name(value);
        if (is_taken_by_loader(name)) {
          add(FindingKind::metadata,
              fmt::format("the loader would take the column '{}' for a picture", name));
        }
      }
      return;
    }
    std::size_t known = 0;
    for (const auto &[name, value] : record.items()) {
      const auto column = columns_.find(name);
      if (column == columns_.end()) {
        return add(FindingKind::metadata,
                   fmt::format("has a column '{}' that the first line lacks", name));
      }
      ++known;
      const std::string_view type = type_name(value);
      if (column->second == "null") column->second = type;
      if (type != "null" && type != column->second) {
        add(FindingKind::metadata,
            fmt::format("'{}' is {} here and {} before", name, type, column->second));
      }
    }
    if (known < columns_.size()) {
      add(FindingKind::metadata,
          fmt::format("has {} of the first line's {} columns", known, columns_.size()));
    }
  }

  void check_picture(const Json &record) {
    const auto name = record.find("file_name");
    const auto text = record.find("text");
    if (name == record.end() || !name->is_string()) {
      return add(FindingKind::metadata, "has no file_name");
    }
    if (text == record.end() || !text->is_string()) add(FindingKind::metadata, "has no text");
    const std::string file_name = name->get<std::string>();
    if (!stays_inside(file_name)) {
      return add(FindingKind::metadata,
                 fmt::format("'{}' is not a relative path inside the folder", file_name));
    }
    KnownPicture *picture = known_.find(file_name);
    if (picture == nullptr) {
      return add(FindingKind::no_file, fmt::format("the ledger has no picture '{}'", file_name));
    }
    if (picture->met) {
      return add(FindingKind::wrong_line, fmt::format("names '{}' again", file_name));
    }
    picture->met = true;
    if (picture_content(record) != picture->content) {
      add(FindingKind::wrong_line,
          fmt::format("text, seed or sha256 of '{}' are not the ledger's", file_name));
    }
  }

  KnownPictures known_;
  const std::string file_;
  Findings &findings_;
  std::uint64_t line_ = 0;
  std::map<std::string, std::string, std::less<>> columns_;
};

class ImagefolderRules final : public LayoutRules {
 public:
  explicit ImagefolderRules(std::string sidecar) : sidecar_(std::move(sidecar)) {}

  bool is_own_file(std::string_view name) const override {
    return name == metadata_name || (!sidecar_.empty() && name.ends_with("." + sidecar_));
  }

  void check_records(const Ledger &ledger, const fs::path &output_dir, const std::string &split,
                     Findings &findings) const override {
    if (!sidecar_.empty()) check_sidecars(ledger, output_dir, split, findings);
    const std::string file = split + "/" + metadata_name;
    std::ifstream in(output_dir / file, std::ios::binary);
    if (!in) return findings.add(FindingKind::metadata, file, "cannot be read");
    const std::uint64_t written_from = ledger.derived_version();
    if (written_from != 0 && written_from != ledger.version()) {
      return findings.add(FindingKind::metadata, file,
                          "the ledger has changed since it was written");
    }
    MetadataCheck check(ledger, file, findings);
    check.check(in);
    check.check_complete(ledger, split);
  }

 private:
  static void check_sidecars(const Ledger &ledger, const fs::path &output_dir,
                             const std::string &split, Findings &findings) {
    const Sink sink = recorded_sink(ledger.job());
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      const std::string file = split + "/" + sidecar_of(sink, end.file_name);
      if (fs::is_regular_file(output_dir / file)) return;
      findings.add(FindingKind::missing_file, file, "is missing");
    });
  }

  const std::string sidecar_;
};

}  // namespace

std::unique_ptr<LayoutRules> imagefolder_rules(const std::string &sidecar) {
  return std::make_unique<ImagefolderRules>(sidecar);
}

std::unique_ptr<LayoutRules> layout_rules(const Json &job) {
  const Sink sink = recorded_sink(job);
  if (sink.sharded()) return webdataset_rules();
  return imagefolder_rules(sink.sidecar == "none" ? "" : sink.sidecar);
}

}  // namespace pictor::host
