#pragma once

#include "config/config.hpp"
#include "output/imagefolder.hpp"
#include "run/picture_store.hpp"
#include "run/sink.hpp"
#include "run/unrecorded_pictures.hpp"

#include <functional>
#include <memory>
#include <string>

namespace pictor::host {

// Gives the visitor every request that a job may make, each with all its pictures, in the order of
// the prompt file. May be called several times.
using RequestVisitor = std::function<void(const Request &)>;
using RequestSource = std::function<void(const RequestVisitor &)>;

// What a store of a dataset is made from.
struct DatasetStoreParts {
  const OutputConfig &output;
  FolderLayout layout;
  Ledger &ledger;  // its job's record is there; what the layout settles once is added to it
  RequestSource requests;
  std::function<void(const std::string &)> warn;
};

// The store of the layout that the job names. Made before the plan is: it may have the ledger
// forget pictures that are gone. Throws Error when the disk refuses.
std::unique_ptr<PictureStore> make_dataset_store(const DatasetStoreParts &parts);

// Where that store puts pictures before they are recorded.
PicturePlaces picture_places(const DatasetStoreParts &parts);

}  // namespace pictor::host
