#pragma once

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace pictor::host {

// Where unrecorded pictures are looked for.
struct PicturePlaces {
  std::filesystem::path folder;
  // The name in the folder of the picture of request.key(index).
  std::function<std::string(const Request &, std::uint32_t index, ImageFormat)> name;
  // The request for one sample; nothing when its row or its model left the job.
  std::function<std::optional<Request>(const SampleKey &)> request;
};

// Billed pictures that an earlier run brought to the disk and died before it recorded: a file has
// its name only when it is whole, so they are recorded now, as what they are. What stands under the
// name of a billed sample without an end and is no picture of it is removed: it would be a file of
// the dataset that no record knows. Before Ledger::settle_started. Returns how many were recorded.
std::uint64_t record_unrecorded(Ledger &ledger, const PicturePlaces &places);

}  // namespace pictor::host
