#include "worker/task_queue.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <vector>

using namespace pictor::host::worker;

TEST_CASE("one thread runs tasks in order, and all of them before it ends") {
  TaskQueue queue;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) queue.post([&order, i] { order.push_back(i); });
  queue.close();
  queue.run();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("tasks that wait for each other's end each have a thread") {
  TaskThreads threads(3);
  std::promise<void> first, second;
  std::atomic<int> done{0};
  threads.post([&] { first.get_future().wait(), ++done; });
  threads.post([&] { second.get_future().wait(), first.set_value(), ++done; });
  threads.post([&] { second.set_value(), ++done; });
  threads.wait_until_idle();
  CHECK(done == 3);
}

TEST_CASE("more tasks than threads wait their turn") {
  std::atomic<int> done{0};
  {
    TaskThreads threads(2);
    for (int i = 0; i < 100; ++i) threads.post([&] { ++done; });
  }
  CHECK(done == 100);
}
