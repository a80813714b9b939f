#include "run/bounded_queue.hpp"
#include "run/channels.hpp"
#include "support/catch.hpp"

#include <thread>

using namespace pictor::host;

TEST_CASE("a queue gives values back in order") {
  BoundedQueue<int> queue(3);
  for (const int value : {1, 2, 3}) queue.push(value);
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.take_all() == std::deque<int>{3});
}

TEST_CASE("a full queue makes its writers wait until there is room") {
  BoundedQueue<int> queue(1);
  queue.push(0);
  std::thread writer([&] {
    for (int value = 1; value <= 100; ++value) queue.push(value);
  });
  for (int value = 0; value <= 100; ++value) CHECK(queue.pop() == value);
  writer.join();
}

TEST_CASE("a closed queue lets its writers go and gives out what it has") {
  BoundedQueue<int> queue(1);
  queue.push(1);
  bool taken = true;
  std::thread writer([&] { taken = queue.push(2); });
  queue.close();
  writer.join();
  CHECK_FALSE(taken);
  CHECK(queue.pop() == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("a closed inbox lets those go who wait for an answer") {
  Inbox inbox;
  CheckpointGiven given;
  const std::future<void> early = given.stored.get_future();
  inbox.post(std::move(given));
  inbox.close();
  early.wait();

  CheckpointGiven again;
  const std::future<void> late = again.stored.get_future();
  inbox.post(std::move(again));
  late.wait();
  CHECK(inbox.wait(std::chrono::steady_clock::now()).empty());
}
