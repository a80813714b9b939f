#include "plugin/handle_table.hpp"
#include "plugin/log_limit.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <set>
#include <thread>

using namespace pictor::host;

TEST_CASE("a handle finds its object until it is removed") {
  HandleTable<int> table(1);
  const auto one = table.add(std::make_shared<int>(1));
  const auto two = table.add(std::make_shared<int>(2));
  REQUIRE(table.find(one));
  CHECK(*table.find(one) == 1);
  CHECK(*table.find(two) == 2);
  table.remove(one);
  CHECK_FALSE(table.find(one));
  table.remove(one);
  CHECK(*table.find(two) == 2);
}

TEST_CASE("a slot that is used again has another handle") {
  HandleTable<int> table(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    const auto handle = table.add(std::make_shared<int>(i));
    CHECK(handle != 0);
    CHECK(seen.insert(handle).second);
    table.remove(handle);
  }
  for (const auto handle : seen) CHECK_FALSE(table.find(handle));
}

TEST_CASE("a handle of another kind, or made up, finds nothing") {
  HandleTable<int> jobs(1), sinks(2);
  const auto job = jobs.add(std::make_shared<int>(1));
  const auto sink = sinks.add(std::make_shared<int>(2));
  CHECK_FALSE(jobs.find(sink));
  CHECK_FALSE(sinks.find(job));
  for (const std::uint64_t wrong :
       {std::uint64_t(0), UINT64_MAX, job + 1, job ^ (std::uint64_t(1) << 32)}) {
    CHECK_FALSE(jobs.find(wrong));
    jobs.remove(wrong);
  }
  CHECK(jobs.find(job));
}

TEST_CASE("handles are given and taken from many threads") {
  HandleTable<int> table(1);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) {
        const auto handle = table.add(std::make_shared<int>(t));
        const auto found = table.find(handle);
        if (!found || *found != t) ++wrong;
        table.remove(handle);
        if (table.find(handle)) ++wrong;
      }
    });
  }
  for (auto &thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a plugin may log a burst, then so many lines a second") {
  LogLimit limit;
  LogLimit::Clock::time_point now{std::chrono::hours(1)};
  for (int i = 0; i < LogLimit::burst; ++i) REQUIRE(limit.allows(now));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(limit.allows(now));
  CHECK(limit.take_dropped() == 5);
  CHECK(limit.take_dropped() == 0);
  now += std::chrono::seconds(1);
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += limit.allows(now) ? 1 : 0;
  CHECK(kept == LogLimit::per_second);
}
