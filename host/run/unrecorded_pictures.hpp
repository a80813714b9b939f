#pragma once

#include "ledger/ledger.hpp"
#include "run/dataset_folder.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace pictor::host {

// Where pictures stand before they are recorded.
struct PicturePlaces {
  std::filesystem::path folder;
  PictureNaming name;  // in the folder
  std::string sidecar = "none";
};

// The request for one sample; nothing when its row or its model left the job.
using RequestOf = std::function<std::optional<Request>(const SampleKey &)>;

// Billed pictures that an earlier run brought to the disk and died before it recorded: a file has
// its name only when it is whole, so they are recorded now, as what they are. What stands in the
// place of such a picture and is none, or another's, is removed: it would be a file of the dataset
// that no record knows. `started`: the ledger's, before Ledger::settle_started.
void record_unrecorded(Ledger &ledger, const PicturePlaces &places,
                       std::span<const StartedSample> started, const RequestOf &request_of);

}  // namespace pictor::host
