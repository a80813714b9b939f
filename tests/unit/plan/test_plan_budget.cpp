#include "plan/budget.hpp"
#include "support/catch.hpp"

#include <map>
#include <sstream>
#include <string>

using pictor::host::Budget;
using pictor::host::Micros;

namespace {

// A budget told and shown as text, in whole dollars.
//   "fox 3"     wants to leave, at 3 at most: "fox leaves", "fox waits", "fox never"
//   "fox = 2"   came to 2
class BudgetScript {
 public:
  BudgetScript(std::optional<int> limit, int spent) : budget_(limit, spent) {}

  std::string tell(const std::string &steps) {
    std::istringstream parts(steps);
    std::string said;
    for (std::string part; std::getline(parts, part, ',');) {
      const std::string answer = step(part);
      if (answer.empty()) continue;
      said += (said.empty() ? "" : ", ") + answer;
    }
    return said;
  }
  std::string state() const {
    return std::to_string(budget_.spent()) + " spent, " + std::to_string(budget_.reserved()) +
           " reserved";
  }
  const Budget &budget() const { return budget_; }

 private:
  std::string step(const std::string &part) {
    std::istringstream words(part);
    std::string who, price;
    words >> who >> price;
    if (price == "=") {
      words >> price;
      budget_.settle(in_flight_.at(who), std::stoi(price));
      in_flight_.erase(who);
      return "";
    }
    switch (budget_.reserve(std::stoi(price))) {
      case Budget::Answer::reserved:
        in_flight_[who] = std::stoi(price);
        return who + " leaves";
      case Budget::Answer::wait:
        return who + " waits";
      case Budget::Answer::never:
        return who + " never";
    }
    return "";
  }

  Budget budget_;
  std::map<std::string, Micros> in_flight_;
};

}  // namespace

TEST_CASE("requests leave as long as their highest prices fit together") {
  BudgetScript script(10, 0);
  CHECK(script.tell("fox 4, dog 4, cat 4") == "fox leaves, dog leaves, cat waits");
  CHECK(script.state() == "0 spent, 8 reserved");
}

TEST_CASE("one that waited leaves when what was in flight came cheaper") {
  BudgetScript script(10, 0);
  CHECK(script.tell("fox 4, dog 4, cat 4, fox = 1, cat 4") ==
        "fox leaves, dog leaves, cat waits, cat leaves");
  CHECK(script.state() == "1 spent, 8 reserved");
}

TEST_CASE("one that waited in vain is told so") {
  BudgetScript script(10, 0);
  CHECK(script.tell("fox 4, dog 4, cat 4, fox = 4, cat 4, dog = 3, cat 4") ==
        "fox leaves, dog leaves, cat waits, cat waits, cat never");
  CHECK(script.tell("ant 3") == "ant leaves");
  CHECK(script.tell("ant = 3") == "");
  CHECK(script.state() == "10 spent, 0 reserved");
}

TEST_CASE("requests in flight together never overshoot") {
  BudgetScript script(7, 0);
  CHECK(script.tell("a 2, b 2, c 2, d 2, a = 2, b = 2, c = 2, d 2") ==
        "a leaves, b leaves, c leaves, d waits, d never");
  CHECK(script.state() == "6 spent, 0 reserved");
}

TEST_CASE("what earlier runs spent counts") {
  BudgetScript script(10, 9);
  CHECK(script.tell("fox 2, dog 1") == "fox never, dog leaves");
}

TEST_CASE("one that does not fit does not wait for what cannot help") {
  BudgetScript script(10, 8);
  CHECK(script.tell("ant 1, fox 3") == "ant leaves, fox never");
}

TEST_CASE("a request that came dearer than its highest price is counted in full") {
  BudgetScript script(10, 0);
  CHECK(script.tell("fox 4, fox = 12, ant 1, free 0") == "fox leaves, ant never, free leaves");
  CHECK(script.state() == "12 spent, 0 reserved");
}

TEST_CASE("what costs nothing always fits") {
  BudgetScript script(0, 3);
  CHECK(script.tell("fox 0, dog 1") == "fox leaves, dog never");
}

TEST_CASE("without a limit everything fits") {
  BudgetScript script(std::nullopt, 1000);
  CHECK(script.tell("fox 1000000") == "fox leaves");
  CHECK(script.budget().fitting(5, 7) == 7);
}

TEST_CASE("part of what is wanted may fit") {
  BudgetScript script(10, 1);
  script.tell("fox 2");
  CHECK(script.budget().fitting(3, 9) == 2);
  CHECK(script.budget().fitting(3, 1) == 1);
  CHECK(script.budget().fitting(8, 9) == 0);
  CHECK(script.budget().fitting(0, 9) == 9);
}
