#include "run/status.hpp"

namespace pictor::host {

void StatusGroup::started(const RunStart &start) {
  for (const auto &member : members_) member->started(start);
}

void StatusGroup::model(const ModelReport &report) {
  for (const auto &member : members_) member->model(report);
}

void StatusGroup::sample(const SampleEnd &end, const std::string &model) {
  for (const auto &member : members_) member->sample(end, model);
}

void StatusGroup::warning(const std::string &text) {
  for (const auto &member : members_) member->warning(text);
}

void StatusGroup::progress(const RunProgress &progress) {
  for (const auto &member : members_) member->progress(progress);
}

void StatusGroup::ended(const Summary &summary) {
  for (const auto &member : members_) member->ended(summary);
}

}  // namespace pictor::host
