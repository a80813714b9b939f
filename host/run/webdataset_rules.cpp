#include "base/error.hpp"
#include "output/tar.hpp"
#include "output/webdataset.hpp"
#include "run/layout_rules.hpp"
#include "run/sink.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// By shard and file name: the picture's text.
using PicturesOfShards = std::map<std::string, std::unordered_map<std::string, std::string>>;

// The members of one shard against the ledger: KEY.png, KEY.txt and KEY.json of each sample beside
// each other, one extension for all pictures, one set of columns without a null.
class ShardCheck {
 public:
  ShardCheck(std::string shard, const std::unordered_map<std::string, std::string> &pictures,
             const SampleColumns &columns, Findings &findings)
      : shard_(std::move(shard)), pictures_(pictures), columns_(columns), findings_(findings) {}

  void member(const std::string &name, const std::string &bytes) {
    const std::string key(sample_key_of(name));
    const std::string_view extension = extension_of(name);
    switch (members_++ % 3) {
      case 0:
        picture(name, key);
        break;
      case 1:
        if (key != key_ || extension != "txt") return add(name, "is not the text of " + key_);
        if (text_ != nullptr && bytes != *text_) add(name, "is not the prompt of the ledger");
        break;
      default:
        if (key != key_ || extension != "json") return add(name, "is not the record of " + key_);
        record(name, bytes);
    }
  }

  void finish() {
    if (members_ % 3 != 0) add("", "its last sample is not whole");
    if (known_ < pictures_.size()) {
      add("", fmt::format("has {} of the {} pictures that the ledger has in it", known_,
                          pictures_.size()));
    }
  }

 private:
  void add(const std::string &member, const std::string &message) {
    findings_.add(FindingKind::metadata, member.empty() ? shard_ : shard_ + "/" + member, message);
  }

  void picture(const std::string &name, const std::string &key) {
    key_ = key;
    text_ = nullptr;
    const std::string extension(extension_of(name));
    if (extension_.empty()) extension_ = extension;
    if (extension != extension_) add(name, "is no ." + extension_ + " as the others are");
    const auto known = pictures_.find(name);
    if (known == pictures_.end()) return add(name, "the ledger has no such picture in this shard");
    ++known_;
    text_ = &known->second;
  }

  void record(const std::string &name, const std::string &bytes) {
    const Json json = Json::parse(bytes, nullptr, false);
    if (!json.is_object()) return add(name, "is no JSON object");
    for (const SampleColumns::Column &column : columns_.columns()) {
      const auto value = json.find(column.name);
      if (value == json.end() || value->is_null()) add(name, "lacks '" + column.name + "'");
    }
    if (json.size() != columns_.columns().size()) add(name, "has other columns than the dataset");
  }

  const std::string shard_;
  const std::unordered_map<std::string, std::string> &pictures_;
  const SampleColumns &columns_;
  Findings &findings_;
  std::string key_, extension_;
  const std::string *text_ = nullptr;
  std::uint64_t members_ = 0, known_ = 0;
};

class WebdatasetRules final : public LayoutRules {
 public:
  bool is_own_file(std::string_view) const override { return false; }

  void check_records(const Ledger &ledger, const fs::path &output_dir, const std::string &split,
                     Findings &findings) const override {
    const SampleColumns columns = recorded_sink(ledger.job()).columns;
    const fs::path spool = spool_folder(output_dir);
    PicturesOfShards shards;
    ledger.for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      if (!end.container.empty()) {
        shards[end.container][end.file_name] = end.prompt;
      } else {
        findings.add(FindingKind::no_line,
                     (spool / end.file_name).lexically_relative(output_dir).string(),
                     "waits for a shard: the next `pictor run` closes it");
      }
    });
    for (const auto &[shard, pictures] : shards) {
      const std::string name = split + "/" + shard;
      try {
        ShardCheck check(name, pictures, columns, findings);
        for_each_tar_member(output_dir / name,
                            [&](const std::string &member, const std::string &bytes) {
                              check.member(member, bytes);
                            });
        check.finish();
      } catch (const Error &error) {
        findings.add(FindingKind::unreadable, name, error.what());
      }
    }
  }
};

}  // namespace

std::unique_ptr<LayoutRules> webdataset_rules() {
  return std::make_unique<WebdatasetRules>();
}

}  // namespace pictor::host
