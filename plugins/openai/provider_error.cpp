#include "provider_error.hpp"

#include "models.hpp"
#include "remote/answers.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace pictor::openai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_word = 200;

// What a body tells, whoever wrote it.
struct Told {
  std::string message, type, code, field;
  Json error;  // the object they came from
};

std::string text_of(const Json &object, const char *name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

// FastAPI's {"detail": "..."} and {"detail": [{"msg": "...", "loc": ["body", "size"]}]}.
void read_detail(const Json &detail, Told &told) {
  if (detail.is_string()) told.message = detail.get<std::string>();
  if (!detail.is_array()) return;
  for (const Json &each : detail) {
    if (!each.is_object()) continue;
    if (!told.message.empty()) told.message += "; ";
    told.message += text_of(each, "msg");
    const auto place = each.find("loc");
    if (place == each.end() || !place->is_array() || place->empty()) continue;
    if (place->back().is_string()) told.field = place->back().get<std::string>();
  }
}

Told told_by(const Json &body) {
  Told told;
  if (!body.is_object()) return told;
  const auto found = body.find("error");
  if (found != body.end() && found->is_string()) told.message = found->get<std::string>();
  told.error = found != body.end() && found->is_object() ? *found : body;
  if (told.message.empty()) told.message = text_of(told.error, "message");
  told.type = text_of(told.error, "type");
  told.code = text_of(told.error, "code");
  told.field = text_of(told.error, "param");
  if (told.message.empty() && body.contains("detail")) read_detail(body["detail"], told);
  return told;
}

// Letters and digits alone, small: "content_filter" and "contentFilter" are one word.
std::string plain(std::string_view text) {
  std::string word;
  for (const unsigned char c : text) {
    if (c < 0x80 && std::isalnum(c)) word += static_cast<char>(std::tolower(c));
  }
  return word;
}

// The member of that name in any spelling.
const Json *member(const Json &object, const std::string &word) {
  if (!object.is_object()) return nullptr;
  for (const auto &[name, value] : object.items()) {
    if (plain(name).starts_with(word)) return &value;
  }
  return nullptr;
}

bool speaks_of_policy(const std::string &word) {
  constexpr std::array words = {"moderationblocked", "contentpolicyviolation",
                                "responsibleaipolicyviolation", "contentfilter", "safetysystem"};
  return std::any_of(words.begin(), words.end(),
                     [&](const char *each) { return word.find(each) != std::string::npos; });
}

bool is_refusal(const Told &told) {
  if (speaks_of_policy(plain(told.code)) || speaks_of_policy(plain(told.type))) return true;
  const Json *inner = member(told.error, "innererror");
  return inner != nullptr && speaks_of_policy(plain(text_of(*inner, "code")));
}

bool is_about_money(const Told &told) {
  constexpr std::array codes = {"insufficientquota", "billinghardlimitreached", "billingnotactive"};
  return std::any_of(codes.begin(), codes.end(), [&](const char *each) {
    return plain(told.code) == each || plain(told.type) == each;
  });
}

// {violence: {filtered: true}} as [violence]; "safety_violations=[violence]" in words likewise.
Json categories_of(const Told &told) {
  if (const Json *details = member(told.error, "moderationdetails")) {
    if (const Json *list = member(*details, "categories")) return *list;
  }
  Json categories = Json::array();
  const Json *inner = member(told.error, "innererror");
  if (const Json *filter = member(inner != nullptr ? *inner : told.error, "contentfilter")) {
    if (!filter->is_object()) return categories;
    for (const auto &[name, verdict] : filter->items()) {
      const bool caught = verdict.is_object() && verdict.value("filtered", Json()) == true;
      if (caught) categories.push_back(name);
    }
    return categories;
  }
  constexpr std::string_view mark = "safety_violations=[";
  const std::size_t begin = told.message.find(mark);
  if (begin == std::string::npos) return categories;
  const std::size_t end = told.message.find(']', begin);
  std::string word;
  for (std::size_t at = begin + mark.size(); at < std::min(end, told.message.size()); ++at) {
    const char c = told.message[at];
    if (c != ',' && c != ' ') {
      word += c;
      continue;
    }
    if (!word.empty()) categories.push_back(std::exchange(word, {}));
  }
  if (!word.empty()) categories.push_back(word);
  return categories;
}

// "input", "output" or nothing.
std::string stage_of(const Told &told) {
  const Json *details = member(told.error, "moderationdetails");
  const Json *stage = details == nullptr ? nullptr : member(*details, "moderationstage");
  return stage != nullptr && stage->is_string() ? stage->get<std::string>() : std::string();
}

// What is meant, and what to do about it.
struct Meaning {
  Status status;
  std::string advice;
  std::string setting = {};  // of the whole model, at fault
};

std::string advice_on_model(const std::string &model) {
  if (const auto replacement = replacement_of(model)) {
    return "OpenAI has shut " + model + " down: use " + std::string(*replacement);
  }
  return "check `model` and base_url; the key may lack access to " + model;
}

Meaning meaning_of(const Told &told, Status by_status, const std::string &model,
                   const Endpoint &endpoint) {
  if (is_refusal(told)) return {Status::content_rejected, ""};
  if (is_about_money(told)) {
    return {Status::quota_exhausted, "add credit or raise the limit of the account"};
  }
  if (plain(told.code) == "modelnotfound") {
    return {Status::not_found, advice_on_model(model), "model"};
  }
  if (plain(told.code) == "invalidapikey") return {Status::unauthenticated, endpoint.key_advice};
  if (plain(told.code) == "ratelimitexceeded") return {Status::rate_limited, ""};
  switch (by_status) {
    case Status::unauthenticated:
      return {by_status, endpoint.key_advice};
    case Status::permission_denied:
      return {by_status, "the account or its region may not do this"};
    case Status::not_found:
      if (replacement_of(model)) return {by_status, advice_on_model(model), "model"};
      return {by_status, "check base_url, which ends before /images, and `model`", "base_url"};
    default:
      return {by_status, ""};
  }
}

Json details_of(const Told &told) {
  Json details = Json::object();
  if (!told.type.empty()) details["type"] = told.type;
  if (!told.field.empty()) details["param"] = told.field;
  if (!is_refusal(told)) return details;
  if (Json categories = categories_of(told); !categories.empty()) {
    details["categories"] = std::move(categories);
  }
  if (const std::string stage = stage_of(told); !stage.empty()) details["stage"] = stage;
  return details;
}

bool server_says_again(const remote::HttpAnswer &answer) {
  return answer.headers.find("x-should-retry") == std::string("true");
}

// Statuses under which the host does not ask again by itself.
bool is_final(Status status) {
  return status == Status::invalid_argument || status == Status::unsupported ||
         status == Status::not_found;
}

Error stated(const Told &told, const Error &base, const Meaning &meaning, std::string message,
             const Endpoint &endpoint) {
  if (!meaning.advice.empty()) message += "; " + meaning.advice;
  Error error =
      remote::restated(base, meaning.status, without_secrets(std::move(message), endpoint));
  error.provider_code(without_secrets(
      (told.code.empty() ? told.type : told.code).substr(0, longest_word), endpoint));
  std::string at_fault = parameter_of(told.field);
  if (at_fault.empty() && meaning.status == Status::not_found) at_fault = meaning.setting;
  error.parameter(std::move(at_fault));
  const Json details = details_of(told);
  if (!details.empty()) {
    error.details_json(
        without_secrets(details.dump(-1, ' ', false, Json::error_handler_t::replace), endpoint));
  }
  if (meaning.status == Status::content_rejected || meaning.status == Status::quota_exhausted) {
    error.retry_never();
  }
  if (meaning.status == Status::content_rejected && stage_of(told) == "output") {
    error.after_drawing();
  }
  return error;
}

}  // namespace

Error error_of_answer(const remote::HttpAnswer &answer, const std::string &model,
                      const Endpoint &endpoint) {
  const Told told = told_by(Json::parse(answer.body, nullptr, false));
  std::string words = told.message.empty() ? remote::readable(answer.body) : told.message;
  if (words.empty()) words = "nothing more";
  const Error base = remote::error_of(answer, words, true);
  Meaning meaning = meaning_of(told, base.status(), model, endpoint);
  if (server_says_again(answer) && is_final(meaning.status)) meaning.status = Status::unavailable;
  return stated(told, base, meaning,
                endpoint.who + " answered " + std::to_string(answer.status) + ": " + words,
                endpoint);
}

Error error_of_event(const Json &event, const remote::HttpAnswer &head, bool drew,
                     const std::string &model, const Endpoint &endpoint) {
  const Told told = told_by(event);
  const Error base = answer_fault(head, "");
  Meaning meaning = meaning_of(told, Status::unavailable, model, endpoint);
  if (told.type == "invalid_request_error" && meaning.status == Status::unavailable) {
    meaning.status = Status::invalid_argument;
  }
  Error error = stated(told, base, meaning,
                       endpoint.who + " broke the stream off: " +
                           (told.message.empty() ? "without a reason" : told.message),
                       endpoint);
  if (drew) error.maybe_billed();
  if (drew && meaning.status == Status::content_rejected) error.after_drawing();
  return error;
}

Error error_of_failure(const remote::TransferFailure &failure, const Endpoint &endpoint) {
  return remote::error_of(failure, endpoint.who, true);
}

Error answer_fault(const remote::HttpAnswer &answer, const std::string &message) {
  Error error(Status::protocol, message);
  error.http_status(answer.status);
  if (const auto id = answer.headers.find("x-request-id")) error.provider_request_id(*id);
  return error;
}

std::string parameter_of(const std::string &field) {
  if (field == "n") return "num_generations";
  if (field == "mask") return "mask_image";
  if (field.starts_with("image")) return "image";
  constexpr std::array same = {"prompt",
                               "model",
                               "size",
                               "quality",
                               "background",
                               "markup",
                               "moderation",
                               "output_format",
                               "output_compression",
                               "complexity",
                               "style",
                               "user",
                               "input_fidelity",
                               "partial_images",
                               "stream",
                               "svg",
                               "seed",
                               "frame_count",
                               "frame_duration_ms",
                               "response_format",
                               "safety_identifier"};
  const bool known = std::find(same.begin(), same.end(), field) != same.end();
  return known ? field : std::string();
}

}  // namespace pictor::openai
