#pragma once

#include "output/webdataset.hpp"
#include "run/dataset_folder.hpp"
#include "run/sink.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace pictor::host {

// Says something to the user.
using Warn = std::function<void(const std::string &)>;

// A dataset of tar shards. Pictures go to a spool first, as files; when enough of one format have
// ended, and at the end of a run, they are put into a shard:
//
//   the shard is on disk under its name -> the ledger knows that it holds them -> the spool's files
//   go
//
// A shard that the ledger does not know is written again under the same name; one that it knows is
// never touched again.
class WebdatasetStore final : public PictureStore {
 public:
  struct Parts {
    std::filesystem::path output_dir;
    std::string split;
    SampleColumns columns;
    ShardLimits limits;
  };

  // Clears away what an earlier run left in the spool. A picture that the ledger knows and that is
  // neither there nor in a shard is forgotten, and so drawn again: make the store before the plan.
  WebdatasetStore(Parts parts, Ledger &ledger, PictureNaming naming, PictureEncoding encoding,
                  const Warn &warn);

  SampleEnd store(const DrawnPicture &drawn) override { return spool_.store(drawn); }
  SampleEnd failed(const Request &request, std::uint32_t index, const Failure &failure) override {
    return spool_.failed(request, index, failure);
  }
  void flush(std::span<const SampleEnd> ends) override { spool_.flush(ends); }
  void recorded(std::span<const SampleEnd> ends) override;
  void finish() override;

 private:
  struct Waiting {
    ShardSample sample;
    std::uint64_t bytes = 0;  // in a shard
  };
  // The pictures of one format, by input.
  struct Series {
    std::map<SampleKey, Waiting> waiting;
    std::uint64_t bytes = 0;
  };

  void take_over(const Warn &warn);
  void wait_for_shard(const SampleEnd &end);
  void close_full_shards();
  void close_shard(const std::string &extension, Series &series);

  const Parts parts_;
  const std::filesystem::path split_folder_, spool_folder_;
  Ledger &ledger_;
  DatasetFolder spool_;
  ShardNames names_;
  std::map<std::string, Series> series_;
};

}  // namespace pictor::host
