#include "run/dataset_store.hpp"

#include "run/dataset_files.hpp"
#include "run/dataset_folder.hpp"
#include "run/sample_record.hpp"
#include "run/template_naming.hpp"
#include "run/webdataset_store.hpp"

#include <set>

namespace pictor::host {

namespace {

PictureEncoding encoding_of(const OutputConfig &output) {
  return {{output.format, output.quality}, output.transcode, output.sidecar, program_version()};
}

SampleColumns survey(const RequestSource &requests) {
  ColumnSurvey columns;
  requests([&](const Request &request) { columns.observe(sample_record(request, 0, nullptr)); });
  return columns.finish();
}

// Those on record; the first run finds them and puts them there.
SampleColumns settled_columns(const DatasetStoreParts &parts) {
  Json job = parts.ledger.job();
  Sink sink = recorded_sink(job);
  if (!sink.columns.columns().empty()) return sink.columns;
  sink.columns = survey(parts.requests);
  add_to_record(sink, job);
  parts.ledger.set_job(job);
  return sink.columns;
}

PictureNaming spool_naming(const DatasetStoreParts &parts) {
  FolderLayout flat = parts.layout;
  flat.sub_folders = false;
  return row_naming(FileNames(flat, parts.ledger.models()));
}

std::unique_ptr<PictureStore> make_webdataset(const DatasetStoreParts &parts) {
  const OutputConfig &output = parts.output;
  return std::make_unique<WebdatasetStore>(
      WebdatasetStore::Parts{output.dir,
                             output.split,
                             settled_columns(parts),
                             {output.shard_size, output.shard_pictures}},
      parts.ledger, spool_naming(parts), encoding_of(output), parts.warn);
}

PictureNaming folder_naming(const DatasetStoreParts &parts) {
  const std::vector<std::string> models = parts.ledger.models();
  if (parts.output.name.empty()) return row_naming(FileNames(parts.layout, models));
  const auto names = std::make_shared<TemplateNaming>(parts.output.name, parts.layout, models);
  std::set<SampleKey> made;
  parts.ledger.for_each_loose([&](const SampleEnd &end) {
    names->take(end.file_name);
    made.insert(end.key);
  });
  parts.requests([&](const Request &request) {
    for (std::uint32_t i = 0; i < request.pictures(); ++i) {
      if (!made.contains(request.key(i))) names->add(request, i);
    }
  });
  return template_naming(names);
}

}  // namespace

std::unique_ptr<PictureStore> make_dataset_store(const DatasetStoreParts &parts) {
  const OutputConfig &output = parts.output;
  if (output.layout == "webdataset") return make_webdataset(parts);
  return std::make_unique<DatasetFolder>(output.dir / output.split, folder_naming(parts),
                                         encoding_of(output));
}

PicturePlaces picture_places(const DatasetStoreParts &parts) {
  const OutputConfig &output = parts.output;
  if (output.layout == "webdataset") {
    return {spool_folder(output.dir), spool_naming(parts), "none"};
  }
  return {output.dir / output.split, folder_naming(parts), output.sidecar};
}

}  // namespace pictor::host
