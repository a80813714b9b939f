#include "provider_error.hpp"

#include "remote/answers.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_words = 600;
constexpr double longest_loading_s = 120;  // one wait; the host asks again after it

// What a body tells.
struct Told {
  std::string words, code, field;
  double estimated_s = 0;  // until a model is loaded
};

std::string dumped(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_words(Told &told, const std::string &words) {
  if (words.empty()) return;
  if (!told.words.empty()) told.words += "; ";
  told.words += words;
}

void read_words(const Json &value, Told &told, int depth = 0);

void read_object(const Json &object, Told &told, int depth) {
  for (const char *name : {"message", "msg", "error", "detail", "error_description"}) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) continue;
    read_words(*found, told, depth + 1);
    break;
  }
  for (const char *name : {"code", "type", "error_type"}) {
    const auto found = object.find(name);
    if (!told.code.empty() || found == object.end() || found->is_null()) continue;
    if (found->is_string()) told.code = found->get<std::string>();
    if (found->is_number_integer()) told.code = dumped(*found);
  }
  if (const std::string field = text_in(object, "param"); !field.empty()) told.field = field;
  const auto place = object.find("loc");
  if (place != object.end() && place->is_array() && !place->empty() && place->back().is_string()) {
    told.field = place->back().get<std::string>();
  }
}

void read_words(const Json &value, Told &told, int depth) {
  constexpr int deepest = 4;
  if (depth > deepest) return;
  if (value.is_string()) add_words(told, value.get<std::string>());
  if (value.is_object()) read_object(value, told, depth);
  if (!value.is_array()) return;
  for (const Json &each : value) read_words(each, told, depth + 1);
}

Told told_by(const remote::HttpAnswer &answer) {
  Told told;
  const Json body = Json::parse(answer.body, nullptr, false);
  if (body.is_object()) {
    for (const char *name :
         {"error", "error_description", "errors", "detail", "message", "title"}) {
      if (told.words.empty() && body.contains(name)) read_words(body[name], told);
    }
    if (told.code.empty()) {
      const Json code = member_of(body, "code");
      told.code = code.is_string() ? code.get<std::string>() : text_in(body, "error_type");
    }
    const Json seconds = member_of(body, "estimated_time");
    if (seconds.is_number()) told.estimated_s = seconds.get<double>();
  } else if (body.is_array() || body.is_string()) {
    read_words(body, told);
  }
  // A page or a text, or JSON that says nothing in words that are known.
  told.words = remote::readable(told.words.empty() ? answer.body : told.words, longest_words);
  if (const auto code = answer.headers.find("x-error-code"); code && !code->empty()) {
    told.code = *code;
  }
  return told;
}

bool says(const std::string &text, std::initializer_list<const char *> words) {
  std::string small;
  for (const unsigned char c : text) small += static_cast<char>(std::tolower(c));
  return std::any_of(words.begin(), words.end(),
                     [&](const char *word) { return small.find(word) != std::string::npos; });
}

bool is_refusal(const Told &told) {
  return says(told.words, {"nsfw", "content policy", "content_policy", "safety checker",
                           "safety system", "unsafe or sensitive", "flagged as sensitive",
                           "content moderation", "moderation_blocked"}) ||
         says(told.code, {"content_policy", "content_filter", "nsfw", "moderation"}) ||
         told.code == "1301";  // Z.ai's
}

bool is_about_money(const Told &told) {
  return says(told.words, {"exceeded your monthly included credits", "insufficient balance",
                           "insufficient credit", "exhausted balance", "insufficient funds",
                           "pre-paid credits"});
}

// `ratelimit: "api";r=0;t=55`: what is left, and the seconds until it is not.
std::optional<std::int64_t> ratelimit_wait_ms(const remote::HttpAnswer &answer) {
  const std::string line = answer.headers.find("ratelimit").value_or("");
  const std::size_t at = line.find(";t=");
  if (line.find(";r=0") == std::string::npos || at == std::string::npos) return std::nullopt;
  const auto wait = remote::duration_of(line.substr(at + 3, line.find(';', at + 1) - at - 3));
  return wait ? std::optional(wait->count()) : std::nullopt;
}

// What is meant, and what to do about it.
struct Meaning {
  Status status;
  std::string advice;
  bool never = false;
};

Meaning paused_or_loading(const Told &told, Status by_status, const Place &place) {
  if (place.dedicated && says(told.words, {"paused", "scaled to zero by"})) {
    return {Status::unavailable,
            "resume it at https://endpoints.huggingface.co, or POST .../resume of its management "
            "API",
            true};
  }
  if (by_status == Status::unavailable && told.estimated_s > 0) {
    return {by_status, "it may take " + std::to_string(std::lround(told.estimated_s)) + " s more"};
  }
  return {by_status, ""};
}

Meaning meaning_of(const Told &told, Status by_status, const Place &place) {
  const std::string &model = place.served.hub_id;
  if (is_refusal(told)) return {Status::content_rejected, "", true};
  if (by_status == Status::quota_exhausted || is_about_money(told)) {
    return {Status::quota_exhausted,
            place.routed ? "add credits at https://huggingface.co/settings/billing, name an "
                           "organization that pays with bill_to, or use the provider's own key"
                         : "add credit to the account",
            true};
  }
  if (told.code == "GatedRepo" || says(told.words, {"gated repo", "is restricted. you must"})) {
    return {Status::permission_denied, "accept the model's conditions at https://huggingface.co/" +
                                           model + " with the account of the token"};
  }
  switch (by_status) {
    case Status::unauthenticated:
      return {by_status, place.key_advice};
    case Status::permission_denied:
      return {by_status, place.routed ? "the token needs the permission \"Make calls to Inference "
                                        "Providers\"; " +
                                            place.key_advice
                                      : place.key_advice};
    case Status::not_found:
      return {by_status, place.dedicated ? "check base_url, which is asked as it is, route included"
                                         : "the provider may have dropped " + model};
    default:
      return paused_or_loading(told, by_status, place);
  }
}

// Pictor's name of a provider's field; empty: none has it.
std::string parameter_of(const std::string &field) {
  constexpr std::array same = {"prompt", "width",          "height",    "num_inference_steps",
                               "seed",   "guidance_scale", "scheduler", "negative_prompt"};
  if (field == "steps") return "num_inference_steps";
  if (field == "inputs") return "prompt";
  if (field == "size" || field == "image_size") return "width";
  const bool known = std::find(same.begin(), same.end(), field) != same.end();
  return known ? field : std::string();
}

Error stated(const Told &told, const Error &base, const Meaning &meaning, std::string message,
             const Place &place) {
  if (!meaning.advice.empty()) message += "; " + meaning.advice;
  Error error = remote::restated(base, meaning.status,
                                 without_keys(std::move(message), place.secret_headers));
  constexpr std::size_t longest_code = 200;
  error.provider_code(without_keys(told.code.substr(0, longest_code), place.secret_headers));
  error.parameter(parameter_of(told.field));
  if (meaning.never) error.retry_never();
  return error;
}

}  // namespace

std::string told_words(const remote::HttpAnswer &answer) {
  return told_by(answer).words;
}

Error error_of_answer(const remote::HttpAnswer &answer, const Place &place) {
  const Told told = told_by(answer);
  Error base = remote::error_of(answer, told.words, place.bills());
  if (base.view().retry_after_ms < 0) {
    const auto wait = answer.status == 429 ? ratelimit_wait_ms(answer) : std::nullopt;
    if (wait) base.retry_after_ms(*wait);
    if (answer.status == 503 && told.estimated_s > 0) {
      const double seconds = std::min(told.estimated_s, longest_loading_s);
      base.retry_after_ms(static_cast<std::int64_t>(std::ceil(seconds * 1e3)));
    }
  }
  const std::string words = told.words.empty() ? "nothing more" : told.words;
  return stated(told, base, meaning_of(told, base.status(), place),
                place.who + " answered " + std::to_string(answer.status) + ": " + words, place);
}

Error error_of_reply(const Reply &reply, const remote::HttpAnswer &answer, const Place &place) {
  Told told;
  told.words = remote::readable(reply.message, longest_words);
  told.code = reply.code;
  Error base = answer_fault(answer, "");
  const bool refused = is_refusal(told);
  const Meaning meaning = refused ? Meaning{Status::content_rejected, "", true}
                                  : meaning_of(told, Status::unavailable, place);
  Error error = stated(
      told, base, meaning,
      place.who + " could not draw: " + (told.words.empty() ? "it gave no reason" : told.words),
      place);
  if (refused) error.after_drawing();
  return error;
}

Error error_of_failure(const remote::TransferFailure &failure, const Place &place) {
  return remote::error_of(failure, place.who, place.bills());
}

Error answer_fault(const remote::HttpAnswer &answer, const std::string &message) {
  Error error(Status::protocol, message);
  error.http_status(answer.status);
  for (const char *name : {"x-request-id", "x-inference-id"}) {
    if (const auto id = answer.headers.find(name)) {
      error.provider_request_id(*id);
      break;
    }
  }
  return error;
}

}  // namespace pictor::huggingface
