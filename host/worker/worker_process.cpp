#include "worker/worker_process.hpp"

#include "base/error.hpp"
#include "worker/worker_main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace pictor::host::worker {

namespace {

using std::chrono::milliseconds;

constexpr int tick_ms = 100;
constexpr std::size_t most_service_threads = 32;
constexpr std::size_t longest_line = 4 << 10;

std::string end_of(int status) {
  if (WIFEXITED(status)) {
    return fmt::format("ended by itself with exit code {}", WEXITSTATUS(status));
  }
  const int number = WTERMSIG(status);
  const char *name = sigabbrev_np(number);
  return fmt::format("was ended by signal {}{}{}", number,
                     name == nullptr ? "" : fmt::format(" (SIG{})", name),
                     number == SIGKILL ? ", perhaps for lack of memory" : "");
}

}  // namespace

WorkerProcess::WorkerProcess(WorkerOwner &owner, std::string name, milliseconds patience)
    : owner_(owner),
      name_(std::move(name)),
      patience_(patience),
      services_(most_service_threads),
      last_sign_(Clock::now()) {
  std::future<void> started = started_.get_future();
  thread_ = std::thread([this] {
    try {
      start();
    } catch (...) {
      dead_ = true;
      return started_.set_exception(std::current_exception());
    }
    started_.set_value();
    attend();
    bury();
  });
  try {
    started.get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

WorkerProcess::~WorkerProcess() {
  stop("is not needed any more");
  thread_.join();
}

void WorkerProcess::start() {
  auto [ours, theirs] = Channel::make_sockets(channel_number);
  auto [printed, print] = make_pipe(channel_number);
  fcntl(printed.get(), F_SETFL, O_NONBLOCK);
  const std::pair<int, int> files[] = {
      {theirs.get(), channel_number}, {print.get(), STDOUT_FILENO}, {print.get(), STDERR_FILENO}};
  process_ = spawn_self({worker_argument}, files);
  channel_.emplace(std::move(ours));
  printed_ = std::move(printed);
}

std::optional<Json> WorkerProcess::call(Json call, milliseconds limit) {
  std::future<std::optional<Json>> answer;
  {
    const std::lock_guard lock(mutex_);
    if (dead_) return std::nullopt;
    if (calls_.empty()) last_sign_ = Clock::now();
    call["id"] = ++next_call_;
    answer = calls_[next_call_].get_future();
  }
  channel_->send(call);
  if (limit.count() != 0 && answer.wait_for(limit) == std::future_status::timeout) {
    stop("did not end when it was told to");
  }
  return answer.get();
}

void WorkerProcess::stop(const std::string &reason) {
  const std::lock_guard lock(mutex_);
  if (!dead_) kill_it(reason);
}

void WorkerProcess::kill_it(const std::string &reason) {
  if (killed_because_.empty()) killed_because_ = reason;
  kill(-process_.pid, SIGKILL);
}

// Hears the worker until its process has ended and all it had said is heard.
void WorkerProcess::attend() {
  std::array<pollfd, 3> waited = {{{channel_->descriptor(), POLLIN, 0},
                                   {printed_.get(), POLLIN, 0},
                                   {process_.watch.get(), POLLIN, 0}}};
  for (;;) {
    const int ready = poll(waited.data(), waited.size(), tick_ms);
    if (ready < 0 && errno != EINTR) break;
    const bool ended = ready > 0 && waited[2].revents != 0;
    if (ready > 0 && waited[1].revents != 0) hear_print();
    if (ready > 0 && waited[0].revents != 0 && !hear()) break;
    if (ended && waited[0].revents == 0) break;
    watch();
    owner_.tick(*this);
  }
}

// False: nothing more comes, or what came is no message.
bool WorkerProcess::hear() {
  std::optional<Message> message = channel_->receive();
  if (!message) return false;
  std::optional<std::promise<std::optional<Json>>> answered;
  {
    const std::lock_guard lock(mutex_);
    last_sign_ = Clock::now();
    if (const auto id = message->content.find("return"); id != message->content.end()) {
      const auto call = calls_.find(id->is_number_unsigned() ? id->get<std::uint64_t>() : 0);
      if (call == calls_.end()) return false;
      answered = std::move(call->second);
      calls_.erase(call);
    }
  }
  if (answered) {
    answered->set_value(std::move(message->content));
    return true;
  }
  try {
    if (!message->content.contains("ask")) {
      owner_.told(message->content);
      return true;
    }
    const Json id = message->content.at("id");
    const auto shared = std::make_shared<Message>(*std::move(message));
    services_.post([this, id, shared] {
      Json answer = owner_.asked(shared->content, std::move(shared->files));
      answer["answer"] = id;
      channel_->send(answer);
    });
  } catch (const Json::exception &) {
    return false;
  }
  return true;
}

void WorkerProcess::hear_print() {
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t got = read(printed_.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t i = 0; i < got; ++i) {
      if (bytes[i] != '\n' && line_.size() < longest_line) line_ += bytes[i];
      if (bytes[i] != '\n' || line_.empty()) continue;
      owner_.printed(line_);
      last_line_ = std::exchange(line_, {});
    }
  }
}

void WorkerProcess::watch() {
  const bool expected = owner_.expects_signs();
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const bool busy = expected || !calls_.empty();
  if (!busy) {
    last_sign_ = now;
    return;
  }
  if (now - last_sign_ > patience_) {
    kill_it(
        fmt::format("gave no sign of life for {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(now - last_sign_).count()));
  }
}

void WorkerProcess::bury() {
  channel_->close();
  {
    const std::lock_guard lock(mutex_);
    dead_ = true;  // from here on nobody kills a process of that number
  }
  std::string reason = end_of(end_process(process_));
  hear_print();
  services_.wait_until_idle();
  std::unordered_map<std::uint64_t, std::promise<std::optional<Json>>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(calls_);
  }
  if (!killed_because_.empty()) {
    reason = killed_because_;
  } else if (!last_line_.empty() || !line_.empty()) {
    reason += fmt::format("; it printed: {}", line_.empty() ? last_line_ : line_);
  }
  owner_.died(fmt::format("the process of {} {}", name_, reason));
  for (auto &[id, call] : left) call.set_value(std::nullopt);
}

}  // namespace pictor::host::worker
