#include "run/sink.hpp"

namespace pictor::host {

Sink sink_of(const OutputConfig &output) {
  Sink sink;
  sink.layout = output.layout;
  sink.name = output.name;
  sink.sidecar = output.sidecar;
  sink.transcode = output.transcode;
  return sink;
}

void add_to_record(const Sink &sink, Json &record) {
  Json written = Json::object();
  if (sink.layout != "imagefolder") written["layout"] = sink.layout;
  if (!sink.name.empty()) written["name"] = sink.name;
  if (sink.sidecar != "none") written["sidecar"] = sink.sidecar;
  if (sink.transcode) written["transcode"] = true;
  if (!sink.columns.columns().empty()) written["columns"] = to_json(sink.columns);
  if (written.empty()) {
    record.erase("sink");
  } else {
    record["sink"] = written;
  }
}

Sink recorded_sink(const Json &record) {
  Sink sink;
  if (!record.contains("sink")) return sink;
  const Json &written = record["sink"];
  sink.layout = written.value("layout", sink.layout);
  sink.name = written.value("name", sink.name);
  sink.sidecar = written.value("sidecar", sink.sidecar);
  sink.transcode = written.value("transcode", false);
  if (written.contains("columns")) sink.columns = sample_columns_from_json(written["columns"]);
  return sink;
}

std::filesystem::path spool_folder(const std::filesystem::path &output_dir) {
  return output_dir / ".pictor" / "spool";
}

std::string sidecar_of(const Sink &sink, const std::string &file_name) {
  if (sink.sidecar == "none" || sink.sharded()) return {};
  return file_name.substr(0, file_name.rfind('.')) + "." + sink.sidecar;
}

std::string sidecar_content(const std::string &sidecar, const SampleEnd &end) {
  if (sidecar == "txt") return end.prompt;
  return json_line(metadata_of(end)) + "\n";
}

Json metadata_of(const SampleEnd &end) {
  Json record = {{"file_name", end.file_name}};
  record.update(end.metadata);
  return record;
}

}  // namespace pictor::host
