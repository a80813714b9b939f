#pragma once

#include "ledger/ledger.hpp"

#include <string>

namespace pictor::test {

inline host::SampleEnd made(std::uint32_t row, std::uint32_t model, std::uint32_t generation) {
  host::SampleEnd end;
  end.key = {row, model, generation};
  end.outcome = host::Outcome::ok;
  end.row_id = "fox-" + std::to_string(row);
  end.file_name = std::to_string(row) + ".png";
  end.sha256 = std::string(64, 'a');
  end.file_size = 1234;
  end.seed = 42;
  end.prompt = "a red fox";
  end.metadata = {{"text", "a red fox"}, {"width", 64}};
  end.cost_micros = 40'000;
  end.queue_ns = 1;
  end.generate_ns = 2;
  end.encode_ns = 3;
  end.write_ns = 4;
  end.finished_at_ms = 1'700'000'000'000;
  return end;
}

inline host::SampleEnd failed(std::uint32_t row, host::Outcome outcome) {
  host::SampleEnd end;
  end.key = {row, 0, 0};
  end.outcome = outcome;
  end.prompt = "a bad fox";
  end.failure = host::Failure{outcome,
                              "generate",
                              "the policy says no",
                              "content_policy",
                              "prompt",
                              R"({"category":"fox"})",
                              400,
                              1500,
                              false};
  return end;
}

// "0.0.0 ok, 0.0.1 refused": row.model.generation and outcome of all that is recorded.
inline std::string outcomes(const host::Ledger &ledger) {
  std::string text;
  ledger.for_each_outcome([&](const host::SampleKey &key, host::Outcome outcome) {
    if (!text.empty()) text += ", ";
    text += std::to_string(key.row) + "." + std::to_string(key.model) + "." +
            std::to_string(key.generation) + " " + std::string(name_of(outcome));
  });
  return text;
}

}  // namespace pictor::test
