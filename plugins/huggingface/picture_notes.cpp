#include "picture_notes.hpp"

#include "provider_error.hpp"
#include "remote/answers.hpp"

#include <charconv>

namespace pictor::huggingface {

namespace {

constexpr double ns_per_s = 1e9;
constexpr double longest_s = 7 * 24 * 3600;

std::optional<std::string> field_of(const std::string &line, const std::string &name) {
  const std::size_t at = line.find(";" + name + "=");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + name.size() + 2;
  return line.substr(begin, line.find(';', begin) - begin);
}

// `ratelimit: "api";r=499;t=55` under the names that the host's limiter reads.
void add_rate_limit(Image &image, const remote::HttpAnswer &answer) {
  const auto line = answer.headers.find("ratelimit");
  if (!line) return;
  if (const auto left = field_of(*line, "r")) {
    std::int64_t number = 0;
    const auto read = std::from_chars(left->data(), left->data() + left->size(), number);
    if (read.ec == std::errc() && number >= 0) image.extra("ratelimit_remaining_requests", number);
  }
  const auto reset = field_of(*line, "t");
  const auto wait = reset ? remote::duration_of(*reset) : std::nullopt;
  if (wait) image.extra("ratelimit_reset_requests_ms", std::int64_t{wait->count()});
}

std::int64_t compute_ns(const Reply &reply, const remote::HttpAnswer &answer) {
  double seconds = reply.compute_s;
  if (const auto told = answer.headers.find("x-compute-time"); told && seconds <= 0) {
    const char *end = told->data() + told->size();
    if (std::from_chars(told->data(), end, seconds).ptr != end) seconds = 0;
  }
  return seconds > 0 && seconds < longest_s ? static_cast<std::int64_t>(seconds * ns_per_s) : 0;
}

}  // namespace

Image storable(Image image, const remote::HttpAnswer &answer, bool bills) {
  const std::string &type = image.media_type();
  if (type.empty() || type == "image/png" || type == "image/jpeg" || type == "image/webp") {
    return image;
  }
  Error error = answer_fault(answer, "the picture came as " + type +
                                         ", and only PNG, JPEG and WebP are stored: ask for "
                                         "another with extra_body: {output_format: png}")
                    .retry_never();
  throw bills ? error.billed() : error;
}

void annotate(Image &image, const Reply &reply, const remote::HttpAnswer &answer,
              const Place &place) {
  std::string id = answer.headers.find("x-request-id").value_or("");
  if (id.empty()) id = answer.headers.find("x-inference-id").value_or("");
  image.provider_request_id(reply.id.empty() ? id : reply.id);
  image.model_version(place.served.provider_id);
  std::int64_t transfer_ns = 0;
  if (answer.in_all > answer.until_first_byte) {
    transfer_ns = (answer.in_all - answer.until_first_byte).count();
  }
  image.times_ns(0, compute_ns(reply, answer), transfer_ns);
  if (!place.dedicated) image.extra("provider", std::string(place.provider->name));
  if (reply.nsfw) image.extra("nsfw", *reply.nsfw);
  add_rate_limit(image, answer);
}

}  // namespace pictor::huggingface
