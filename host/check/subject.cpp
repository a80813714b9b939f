#include "check/subject.hpp"

namespace pictor::host::check {

Json subject_json(const Subject &subject) {
  return {{"file", subject.file.string()},    {"model", subject.model},
          {"parameters", subject.parameters}, {"may_bill", subject.may_bill},
          {"in_worker", subject.in_worker},   {"limit_ms", subject.limit.count()}};
}

Subject subject_of(const Json &json) {
  Subject subject;
  subject.file = json.at("file").get<std::string>();
  subject.model = json.at("model").get<std::string>();
  subject.parameters = json.at("parameters").get<std::map<std::string, std::string>>();
  subject.may_bill = json.at("may_bill").get<bool>();
  subject.in_worker = json.at("in_worker").get<bool>();
  subject.limit = std::chrono::milliseconds(json.at("limit_ms").get<std::int64_t>());
  return subject;
}

}  // namespace pictor::host::check
