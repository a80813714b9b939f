#include "batch_lane.hpp"

#include "provider_error.hpp"

#include <algorithm>
#include <utility>

namespace pictor::openai {

namespace {

// What the API takes in one file, less what the lines add around the bodies.
constexpr std::uint64_t most_bytes = 190'000'000;
constexpr std::uint64_t bytes_around_a_body = 200;
constexpr std::uint32_t most_direct = 16;

// "/v1/images/generations" of "https://api.openai.com/v1/images/generations".
std::string path_of(const std::string &url) {
  const std::size_t host = url.find("://");
  const std::size_t begin = host == std::string::npos ? host : url.find('/', host + 3);
  return begin == std::string::npos ? "/" : url.substr(begin, url.find('?', begin) - begin);
}

remote::ClientOptions one_thread(remote::ClientOptions options) {
  options.threads = 1;
  return options;
}

}  // namespace

BatchLane::BatchLane(remote::HttpClient &client, std::shared_ptr<const Settings> settings)
    : client_(client),
      settings_(std::move(settings)),
      downloads_(std::make_unique<remote::HttpClient>(one_thread(settings_->client))),
      services_{client_, *downloads_, settings_,
                [this](BatchEntry entry) { resend(std::move(entry)); }} {}

BatchLane::~BatchLane() = default;

void BatchLane::send(BatchEntry entry, std::string_view checkpoint) {
  const auto ticket = ticket_of(checkpoint);
  if (!ticket) return gather(std::move(entry));
  std::shared_ptr<Batch> batch;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Batch> &known = earlier_[ticket->file];
    if (!known) {
      known =
          std::make_shared<Batch>(services_, path_of(entry.request.url), std::vector<BatchEntry>());
    }
    batch = known;
  }
  batch->join(*ticket, std::move(entry));
}

void BatchLane::gather(BatchEntry entry) {
  const std::string path = path_of(entry.request.url);
  const std::uint64_t bytes = entry.request.body.size() + bytes_around_a_body;
  const std::lock_guard lock(mutex_);
  Gathering &group = gathering_[path];
  if (!group.entries.empty() && group.bytes + bytes > most_bytes) leave(path);
  group.entries.push_back(std::move(entry));
  group.bytes += bytes;
  group.last = Clock::now();
  if (group.entries.size() >= settings_->batch.most_requests) return leave(path);
  if (std::exchange(group.timed, true)) return;
  client_.after(settings_->batch.gather, [this, path] { leave_when_quiet(path); });
}

void BatchLane::leave_when_quiet(const std::string &path) {
  const std::lock_guard lock(mutex_);
  Gathering &group = gathering_[path];
  group.timed = false;
  if (group.entries.empty()) return;
  const auto quiet = Clock::now() - group.last;
  if (quiet >= settings_->batch.gather) return leave(path);
  group.timed = true;
  client_.after(settings_->batch.gather, [this, path] { leave_when_quiet(path); });
}

// Under the lock: starts a batch of what was gathered.
void BatchLane::leave(const std::string &path) {
  Gathering &group = gathering_[path];
  std::erase_if(batches_, [](const auto &each) { return !each->left(); });
  auto batch = std::make_shared<Batch>(services_, path, std::exchange(group.entries, {}));
  group.bytes = 0;
  batches_.push_back(batch);
  client_.after({}, [batch] { batch->begin(); });
}

void BatchLane::check_cancelled() {
  client_.after({}, [this] { drop_cancelled(); });
}

void BatchLane::drop_cancelled() {
  std::vector<BatchEntry> gone;
  std::vector<std::shared_ptr<Batch>> batches;
  {
    const std::lock_guard lock(mutex_);
    const auto take = [&](auto &entries) {
      const auto kept = std::stable_partition(entries.begin(), entries.end(),
                                              [](const auto &each) { return !each.cancelled(); });
      std::move(kept, entries.end(), std::back_inserter(gone));
      entries.erase(kept, entries.end());
    };
    for (auto &[path, group] : gathering_) take(group.entries);
    take(direct_);
    batches = batches_;
    for (const auto &[file, batch] : earlier_) batches.push_back(batch);
  }
  for (const BatchEntry &entry : gone) {
    entry.failed(Error(Status::cancelled, "stopped before it was sent"));
  }
  for (const auto &batch : batches) batch->drop_cancelled();
}

// What the provider did not get to goes into the next batch, or to it directly.
void BatchLane::resend(BatchEntry entry) {
  if (!settings_->batch.resend_directly) return gather(std::move(entry));
  {
    const std::lock_guard lock(mutex_);
    direct_.push_back(std::move(entry));
  }
  send_directly();
}

void BatchLane::send_directly() {
  std::vector<BatchEntry> now;
  {
    const std::lock_guard lock(mutex_);
    while (!direct_.empty() && directly_sent_ < most_direct) {
      now.push_back(std::move(direct_.front()));
      direct_.pop_front();
      ++directly_sent_;
    }
  }
  for (BatchEntry &entry : now) {
    remote::HttpRequest request = entry.request;
    remote::Watch watch;
    watch.cancelled = entry.cancelled;
    client_.send(
        std::move(request),
        [this, entry = std::move(entry)](remote::HttpResult result) {
          if (const auto *answer = std::get_if<remote::HttpAnswer>(&result)) {
            entry.answered(*answer);
          } else {
            entry.failed(
                error_of_failure(std::get<remote::TransferFailure>(result), settings_->endpoint));
          }
          {
            const std::lock_guard lock(mutex_);
            --directly_sent_;
          }
          send_directly();
        },
        std::move(watch));
  }
}

void BatchLane::end() {
  downloads_->close();
  std::vector<BatchEntry> open;
  std::vector<std::shared_ptr<Batch>> batches;
  {
    const std::lock_guard lock(mutex_);
    for (auto &[path, group] : gathering_) {
      std::move(group.entries.begin(), group.entries.end(), std::back_inserter(open));
    }
    std::move(direct_.begin(), direct_.end(), std::back_inserter(open));
    gathering_.clear();
    direct_.clear();
    batches.swap(batches_);
    for (const auto &[file, batch] : earlier_) batches.push_back(batch);
    earlier_.clear();
  }
  const Error stopped(Status::cancelled, "the model was closed");
  for (const BatchEntry &entry : open) entry.failed(stopped);
  for (const auto &batch : batches) batch->give_up(stopped);
}

}  // namespace pictor::openai
