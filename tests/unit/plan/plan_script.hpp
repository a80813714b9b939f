#pragma once

#include "plan/plan.hpp"

#include <chrono>
#include <sstream>
#include <string>

namespace pictor::test {

// A plan told and shown as text. A sample is "row.generation", with several models
// "row.generation@m".
class PlanScript {
 public:
  // "2 1 3": pictures of each row; "1@0" goes to model 0 only.
  explicit PlanScript(const std::string &rows, std::uint32_t models = 1,
                      std::uint32_t stand_ins = 0)
      : plan(models, stand_ins) {
    std::istringstream words(rows);
    for (std::string word; words >> word;) {
      const auto at = word.find('@');
      std::optional<std::uint32_t> model;
      if (at != std::string::npos) model = number(word.substr(at + 1));
      plan.add_row(number(word.substr(0, at)), model);
    }
  }

  // "0.0 ok, 2.1@1 refused": ends of an earlier run.
  PlanScript &recorded(const std::string &text) {
    for_each(text, [&](const host::Sample &sample, host::Outcome outcome) {
      plan.recorded(sample, outcome);
    });
    return *this;
  }
  PlanScript &finish(const std::string &text) {
    for_each(text, [&](const host::Sample &sample, host::Outcome outcome) {
      plan.finished(sample, outcome);
    });
    return *this;
  }
  PlanScript &put_back(const std::string &sample, int at_second) {
    plan.put_back(parse(sample), second(at_second));
    return *this;
  }

  PlanScript &send_to(const std::string &sample, std::uint32_t lane, int at_second) {
    plan.put_back(parse(sample), second(at_second), lane);
    return *this;
  }

  // What is handed out next: "0.0 0.1, 1.0"; rows are set apart by commas.
  std::string take(std::uint32_t max_rows, std::uint32_t model = 0, int at_second = 0) {
    std::string text;
    for (const host::Work &work : plan.next_ready(model, max_rows, second(at_second))) {
      if (!text.empty()) text += ", ";
      for (const std::uint32_t generation : work.generations) {
        if (!text.empty() && text.back() != ' ') text += ' ';
        text += std::to_string(work.row) + "." + std::to_string(generation);
        if (work.lane != work.model) text.append("@").append(std::to_string(work.model));
      }
    }
    return text;
  }

  // "wanted 4: 1 open, 1 running, 2 ok"
  std::string counts() const {
    const host::PlanCounts &counts = plan.counts();
    std::string text = "wanted " + std::to_string(counts.wanted) + ": " +
                       std::to_string(counts.open) + " open, " + std::to_string(counts.running) +
                       " running";
    for (std::size_t i = 0; i < counts.outcomes.size(); ++i) {
      if (counts.outcomes[i] == 0) continue;
      text += ", " + std::to_string(counts.outcomes[i]) + " " + std::string(host::outcome_names[i]);
    }
    return text;
  }

  static host::Plan::Time second(int seconds) {
    return host::Plan::Time{} + std::chrono::seconds(seconds);
  }

  host::Plan plan;

 private:
  static std::uint32_t number(const std::string &text) {
    return static_cast<std::uint32_t>(std::stoul(text));
  }
  static host::Sample parse(const std::string &text) {
    const auto dot = text.find('.');
    const auto at = text.find('@');
    return {number(text), at == std::string::npos ? 0 : number(text.substr(at + 1)),
            number(text.substr(dot + 1))};
  }
  template <typename Visit>
  static void for_each(const std::string &text, const Visit &visit) {
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
      std::istringstream words(part);
      std::string sample, outcome;
      words >> sample >> outcome;
      visit(parse(sample), host::outcome_named(outcome).value());
    }
  }
};

}  // namespace pictor::test
