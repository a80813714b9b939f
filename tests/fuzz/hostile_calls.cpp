#include "hostile_calls.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace pictor::test {

namespace {

constexpr std::uint32_t most_calls = 8;
constexpr std::uint32_t most_threads = 3;

std::atomic<int> images_held{0};
std::atomic<pictor_job> earlier_job{0};
std::atomic<unsigned> sink{0};  // what was read goes somewhere

void require(bool holds) {
  if (!holds) std::abort();
}

// Pixels lent to the host.
struct Lent {
  std::vector<std::uint8_t> bytes;
  std::atomic<int> released{0};
  const pictor_host *host = nullptr;
  pictor_job job = 0;
  std::uint32_t about = 0;  // the request that release reports about
};

void release(void *ctx, const void *data) noexcept {
  auto &lent = *static_cast<Lent *>(ctx);
  require(data == lent.bytes.data());
  require(++lent.released == 1);
  --images_held;
  // A plugin may: release is called where no lock of the host's is held against it.
  lent.host->job_progress(lent.host, lent.job, lent.about, 0.5, 0, 0, nullptr);
}

void use(void *, const char *bytes, std::uint64_t size) noexcept {
  for (std::uint64_t i = 0; i < size; ++i) sink += static_cast<unsigned char>(bytes[i]);
}

}  // namespace

int HostileCalls::held() {
  return images_held;
}

pictor_job HostileCalls::any_job() {
  switch (bytes_.below(3)) {
    case 0:
      return earlier_job;
    case 1:
      return std::uint64_t{1} << 32 | std::uint64_t{1 + bytes_.below(2)} << 24 | bytes_.below(4);
    default:
      return bytes_.number();
  }
}

void HostileCalls::perform(pictor_job job, std::uint32_t count, pictor_error_sink error) {
  if (host_ == nullptr) return;
  for (std::uint32_t left = bytes_.below(most_calls); left > 0; --left) {
    perform_one(job, count, error);
  }
}

void HostileCalls::perform_at_once(pictor_job job, std::uint32_t count, pictor_error_sink error) {
  if (bytes_.once_in(4)) {
    for (std::uint32_t left = 1 + bytes_.below(most_threads); left > 0; --left) {
      threads_.emplace_back([this, job, count, error] { perform(job, count, error); });
    }
  }
  perform(job, count, error);
  earlier_job = job;
}

void HostileCalls::join() {
  for (std::thread &thread : threads_) thread.join();
  threads_.clear();
}

void HostileCalls::perform_one(pictor_job job, std::uint32_t count, pictor_error_sink error) {
  const pictor_host *host = bytes_.once_in(64) ? nullptr : host_;
  if (bytes_.once_in(12)) job = any_job();
  const std::uint32_t request =
      bytes_.once_in(12) ? static_cast<std::uint32_t>(bytes_.number()) : bytes_.below(count);
  switch (bytes_.below(14)) {
    case 0:
      host_->job_progress(host, job, request, bytes_.real(), bytes_.byte(), bytes_.byte(),
                          memory_.text("drawing"));
      return;
    case 1:
    case 2:
    case 3:
    case 4:
      return give_image(host, job, request);
    case 5:
      return give_checkpoints(host, job, request);
    case 6:
    case 7:
      host_->job_done(host, job, request);
      return;
    case 8:
      host_->job_fail(host, job, request, some_error());
      return;
    case 9:
      host_->set_error(host, bytes_.once_in(8) ? bytes_.number() : error, some_error());
      return;
    case 10:
      host_->log(host, static_cast<pictor_log_level>(bytes_.byte()) - 2, memory_.text("target"),
                 memory_.str("a line"));
      return;
    case 11:
      host_->secret_read(host, memory_.text("PATH"), bytes_.once_in(8) ? nullptr : use, nullptr);
      return;
    case 12:
      sink += static_cast<unsigned>(host_->job_cancelled(host, job));
      return;
    default:
      sink += static_cast<unsigned>(host_->now_ns(host) + host_->log_enabled(host, 9));
      require(host_->get_extension(host, memory_.text("pictor.none/1")) == nullptr);
  }
}

void HostileCalls::give_image(const pictor_host *host, pictor_job job, std::uint32_t request) {
  Lent *const lent = memory_.keep_new<Lent>();
  lent->bytes.resize(bytes_.below(200));
  lent->host = host_;
  lent->job = job;
  lent->about = bytes_.below(3);
  for (std::uint8_t &byte : lent->bytes) byte = 0x40;
  pictor_image image{};
  image.struct_size = memory_.struct_size(sizeof image);
  image.kind = bytes_.once_in(8) ? static_cast<pictor_image_kind>(bytes_.byte())
                                 : PICTOR_IMAGE_ENCODED + static_cast<int>(bytes_.below(2));
  image.data = bytes_.once_in(16) ? nullptr : lent->bytes.data();
  image.size = lent->bytes.size();
  if (image.data == nullptr) image.size = bytes_.number();
  image.width = static_cast<std::uint32_t>(bytes_.once_in(4) ? bytes_.number() : bytes_.below(9));
  image.height = static_cast<std::uint32_t>(bytes_.once_in(4) ? bytes_.number() : bytes_.below(9));
  image.channels = bytes_.once_in(8) ? static_cast<std::uint32_t>(bytes_.number()) : 1;
  image.pixel_type = static_cast<pictor_pixel_type>(1 + bytes_.below(3));
  image.stride_y = bytes_.number();
  image.stride_x = bytes_.once_in(4) ? bytes_.number() : bytes_.below(5);
  image.stride_c = bytes_.once_in(4) ? bytes_.number() : bytes_.below(3);
  image.media_type = memory_.text("image/png");
  if (bytes_.once_in(2)) image.release = release, image.release_ctx = lent;
  pictor_image_meta meta{};
  meta.struct_size = memory_.struct_size(sizeof meta);
  meta.image_index =
      static_cast<std::uint32_t>(bytes_.once_in(8) ? bytes_.number() : bytes_.below(3));
  meta.flags = static_cast<std::uint32_t>(bytes_.below(16));
  std::memcpy(meta.cost_currency, bytes_.once_in(4) ? "\xff\xff\xff\xff" : "USD", 4);
  meta.cost_micros = static_cast<std::int64_t>(bytes_.number());
  meta.queue_ns = static_cast<std::int64_t>(bytes_.number());
  meta.compute_ns = static_cast<std::int64_t>(bytes_.number());
  meta.finish_reason = memory_.str("stop");
  meta.revised_prompt = memory_.str("a fox");
  meta.provider_request_id = memory_.str("r-1");
  meta.model_version = memory_.str("v1");
  std::vector<const pictor_kv *> extra;
  for (std::uint32_t i = bytes_.once_in(32) ? 300 : bytes_.below(3); i > 0; --i) {
    const pictor_kv pair = {memory_.struct_size(sizeof pair), 0, memory_.text("tokens"),
                            memory_.value(PICTOR_TYPE_INT)};
    extra.push_back(bytes_.once_in(16) ? nullptr : memory_.keep(pair));
  }
  meta.extra = extra.data();
  meta.extra_count = extra.size();
  if (bytes_.once_in(32)) meta.extra = nullptr, meta.extra_count = bytes_.number();
  if (image.release != nullptr) ++images_held;
  const pictor_status status = host_->job_image(host, job, request, &image, &meta);
  if (image.release == nullptr || status == PICTOR_OK) return;
  require(lent->released == 0);  // what was not taken is not released
  --images_held;
}

void HostileCalls::give_checkpoints(const pictor_host *host, pictor_job job,
                                    std::uint32_t request) {
  if (bytes_.once_in(2)) {
    host_->job_checkpoint(host, job, request, memory_.str("queue-1"));
    return;
  }
  const std::uint32_t count = bytes_.below(4);
  std::vector<pictor_job> jobs;
  std::vector<std::uint32_t> requests;
  std::vector<pictor_str> states;
  for (std::uint32_t i = 0; i < count; ++i) {
    jobs.push_back(bytes_.once_in(8) ? any_job() : job);
    requests.push_back(bytes_.once_in(8) ? static_cast<std::uint32_t>(bytes_.number()) : request);
    states.push_back(memory_.str("queue-2"));
  }
  const bool lies = bytes_.once_in(16);
  host_->job_checkpoints(host, lies ? nullptr : jobs.data(), requests.data(), states.data(),
                         lies ? bytes_.number() : count);
}

pictor_error *HostileCalls::some_error() {
  if (bytes_.once_in(16)) return nullptr;
  pictor_error error{};
  error.struct_size = memory_.struct_size(sizeof error);
  error.status = static_cast<pictor_status>(bytes_.once_in(8) ? bytes_.number() : bytes_.below(18));
  error.flags = static_cast<std::uint32_t>(bytes_.number());
  error.http_status = static_cast<std::int32_t>(bytes_.number());
  error.retry_after_ms = static_cast<std::int64_t>(bytes_.number());
  error.message = memory_.str("it did not want to");
  error.provider_code = memory_.str("code");
  error.provider_request_id = memory_.str("r-2");
  error.param_id = memory_.str("steps");
  error.details_json = memory_.json(R"({"why": [1, {"deep": null}]})");
  return memory_.keep(error);
}

void HostileCalls::read(const pictor_str &text) {
  for (std::uint64_t i = 0; i < text.size; ++i) sink += static_cast<unsigned char>(text.data[i]);
}

void HostileCalls::read(const pictor_value &value) {
  read(value.str);
  read(value.bytes);
  for (std::uint64_t i = 0; i < value.string_count; ++i) read(value.strings[i]);
  for (std::uint64_t i = 0; i < value.number_count; ++i) sink += value.numbers[i] > 0 ? 1 : 0;
}

void HostileCalls::read(const pictor_kv *const *pairs, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    sink += static_cast<unsigned>(std::strlen(pairs[i]->key));
    read(*pairs[i]->value);
  }
}

void HostileCalls::read(const pictor_request &request) {
  require(request.image_count >= 1);
  for (std::uint32_t k = 0; k < request.image_count; ++k) sink += unsigned(request.seeds[k]);
  read(request.prompt);
  read(request.checkpoint);
  read(request.trace_id);
  read(request.params, request.param_count);
}

}  // namespace pictor::test
