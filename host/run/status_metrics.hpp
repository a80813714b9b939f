#pragma once

#include "run/status.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <string>

namespace pictor::host {

// For Prometheus: a text file in the OpenMetrics format that node_exporter's textfile collector
// reads too, replaced as a whole when the run begins, every few seconds and when it ends. Every
// sample has the label `dir`, so that several runs of a machine can be told apart.
class MetricsStatus : public Status {
 public:
  // Throws FileError when the file cannot be written. Later failures to write are logged once.
  explicit MetricsStatus(std::filesystem::path file, Clock clock = std::chrono::steady_clock::now);

  void started(const RunStart &start) override;
  void sample(const SampleEnd &end, const std::string &model) override;
  void progress(const RunProgress &progress) override;
  void ended(const Summary &summary) override;

  // What stands in the file.
  std::string text() const;

 private:
  struct ModelTally {
    std::array<std::uint64_t, outcome_names.size()> outcomes{};
    StageTimes stages;  // of ok samples
  };
  void replace();

  const std::filesystem::path file_;
  Clock clock_;
  std::chrono::steady_clock::time_point next_{};
  std::string dir_;
  std::map<std::string, ModelTally> models_;
  PlanCounts counts_;
  double images_per_minute_ = 0;
  std::int64_t cost_micros_ = 0;
  bool failed_ = false;  // and told
};

}  // namespace pictor::host
