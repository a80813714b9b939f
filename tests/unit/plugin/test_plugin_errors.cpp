#include "plugin/abi_read.hpp"
#include "plugin/plugin_error.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

pictor_str str(std::string_view text) {
  return {text.data(), text.size()};
}

pictor_error error_of(pictor_status status, std::string_view message = "why") {
  pictor_error error{};
  error.struct_size = sizeof error;
  error.status = status;
  error.retry_after_ms = -1;
  error.message = str(message);
  return error;
}

// "transient", "transient stops", "transient stops authentication"
std::string outcome_of(pictor_status status, std::uint32_t flags = 0) {
  pictor_error error = error_of(status);
  error.flags = flags;
  const Failure failure = to_failure(copy_error(&error), "generate");
  return std::string(name_of(failure.outcome)) + (failure.stops_model ? " stops" : "") +
         (failure.authentication ? " authentication" : "");
}

}  // namespace

TEST_CASE("every status of a plugin has its outcome") {
  CHECK(outcome_of(PICTOR_CANCELLED) == "cancelled");
  CHECK(outcome_of(PICTOR_INVALID_ARGUMENT) == "invalid");
  CHECK(outcome_of(PICTOR_UNSUPPORTED) == "invalid");
  CHECK(outcome_of(PICTOR_NOT_FOUND) == "invalid");
  CHECK(outcome_of(PICTOR_UNAUTHENTICATED) == "transient stops authentication");
  CHECK(outcome_of(PICTOR_PERMISSION_DENIED) == "transient stops authentication");
  CHECK(outcome_of(PICTOR_RATE_LIMITED) == "rate_limited");
  CHECK(outcome_of(PICTOR_QUOTA_EXHAUSTED) == "transient stops");
  CHECK(outcome_of(PICTOR_CONTENT_REJECTED) == "refused");
  CHECK(outcome_of(PICTOR_CONTENT_REJECTED, PICTOR_ERROR_AFTER_DRAWING) == "filtered");
  CHECK(outcome_of(PICTOR_RESOURCE_EXHAUSTED) == "oom");
  CHECK(outcome_of(PICTOR_TIMEOUT) == "transient");
  CHECK(outcome_of(PICTOR_TIMEOUT, PICTOR_ERROR_MAYBE_BILLED) == "maybe_billed");
  CHECK(outcome_of(PICTOR_UNAVAILABLE) == "transient");
  CHECK(outcome_of(PICTOR_UNAVAILABLE, PICTOR_ERROR_MAYBE_BILLED) == "maybe_billed");
  CHECK(outcome_of(PICTOR_PROTOCOL) == "transient");
  CHECK(outcome_of(PICTOR_DEVICE_LOST) == "transient stops");
  CHECK(outcome_of(PICTOR_INTERNAL) == "internal");
  CHECK(outcome_of(PICTOR_STALE) == "internal");
  CHECK(outcome_of(PICTOR_OK) == "internal");
  CHECK(outcome_of(99) == "internal");
  CHECK(outcome_of(-1) == "internal");
}

TEST_CASE("what may have been paid for is not drawn again by itself") {
  CHECK(outcome_of(PICTOR_CANCELLED, PICTOR_ERROR_MAYBE_BILLED) == "maybe_billed");
  CHECK(outcome_of(PICTOR_DEVICE_LOST, PICTOR_ERROR_MAYBE_BILLED) == "maybe_billed stops");
  CHECK(outcome_of(PICTOR_RESOURCE_EXHAUSTED, PICTOR_ERROR_MAYBE_BILLED) == "maybe_billed");
  // Final as they are.
  CHECK(outcome_of(PICTOR_CONTENT_REJECTED, PICTOR_ERROR_MAYBE_BILLED) == "refused");
  CHECK(outcome_of(PICTOR_INTERNAL, PICTOR_ERROR_MAYBE_BILLED) == "internal");
}

TEST_CASE("a status that this host does not know keeps its number") {
  const pictor_error error = error_of(99, "new trouble");
  CHECK(to_failure(copy_error(&error), "generate").message ==
        "new trouble (the plugin failed with status 99)");
}

TEST_CASE("a failure without words says that there are none") {
  const pictor_error error = error_of(PICTOR_TIMEOUT, "");
  CHECK(to_failure(copy_error(&error), "load").message ==
        "the plugin answered TIMEOUT and gave no reason");
}

TEST_CASE("what a provider told is kept") {
  pictor_error error = error_of(PICTOR_RATE_LIMITED);
  error.http_status = 429;
  error.retry_after_ms = 1500;
  error.provider_code = str("slow_down");
  error.provider_request_id = str("req-1");
  error.param_id = str("width");
  error.details_json = str(R"({"limit": 5})");
  const Failure failure = to_failure(copy_error(&error), "generate");
  CHECK(failure.stage == "generate");
  CHECK(failure.http_status == 429);
  CHECK(failure.retry_after_ms == 1500);
  CHECK(failure.provider_code == "slow_down");
  CHECK(failure.parameter == "width");
  CHECK(failure.details_json == R"({"limit":5,"provider_request_id":"req-1"})");
}

TEST_CASE("what a plugin knows of asking again and of money is kept") {
  pictor_error error = error_of(PICTOR_UNAVAILABLE);
  CHECK_FALSE(to_failure(copy_error(&error), "generate").retry_never);
  error.flags = PICTOR_ERROR_RETRY_NEVER | PICTOR_ERROR_BILLED;
  const Failure failure = to_failure(copy_error(&error), "generate");
  CHECK(failure.retry_never);
  CHECK(failure.billed);
}

TEST_CASE("a setting of the whole model at fault stops it, a row's does not") {
  std::vector<ParameterSpec> specs(2);
  specs[0].id = "model";
  specs[0].scope = ParameterScope::load;
  specs[1].id = "size";
  specs[1].scope = ParameterScope::request;
  const auto end_of = [&](std::string_view parameter) {
    pictor_error error = error_of(PICTOR_NOT_FOUND);
    error.param_id = str(parameter);
    const Failure failure = to_failure(copy_error(&error), "generate", specs);
    return std::string(name_of(failure.outcome)) + (failure.stops_model ? " stops" : "");
  };
  CHECK(end_of("model") == "transient stops");
  CHECK(end_of("size") == "invalid");
  CHECK(end_of("") == "invalid");
}

TEST_CASE("a key and a quota are the account's matter, a permission and a device are not") {
  std::string accounts;
  for (pictor_status status = PICTOR_OK; status <= PICTOR_STALE; ++status) {
    const pictor_error error = error_of(status);
    const Failure failure = to_failure(copy_error(&error), "generate");
    if (failure.stops_pool) accounts += status_name(status) + (failure.stops_model ? " " : "? ");
  }
  CHECK(accounts == "UNAUTHENTICATED QUOTA_EXHAUSTED ");
}

TEST_CASE("hostile error texts become bounded UTF-8") {
  const std::string long_text(100'000, 'x');
  pictor_error error = error_of(PICTOR_TIMEOUT, long_text);
  CHECK(copy_error(&error).message.size() <= 4096);
  // A character that the limit would cut in two is left out whole.
  std::string umlauts = "x";
  while (umlauts.size() < 5000) umlauts += "ä";
  error.message = str(umlauts);
  const std::string cut = copy_error(&error).message;
  CHECK(cut.size() <= 4096);
  CHECK(cut.substr(cut.size() - 5) == "ä…");
  error.message = str("a\xff\xfe");
  CHECK(copy_error(&error).message == "a\uFFFD\uFFFD");
  error.details_json = str("[1, 2");
  CHECK(copy_error(&error).details_json.empty());
  error.http_status = -5;
  CHECK(copy_error(&error).http_status == 0);
}

TEST_CASE("details that nest too deeply are none") {
  const std::string deep = "{\"a\": " + std::string(5000, '[') + std::string(5000, ']') + "}";
  pictor_error error = error_of(PICTOR_INTERNAL);
  error.details_json = str(deep);
  CHECK(copy_error(&error).details_json.empty());
}

TEST_CASE("an error that cannot be read is a fault") {
  CHECK_THROWS_AS(copy_error(nullptr), ContractFault);
  pictor_error error = error_of(PICTOR_TIMEOUT);
  error.message = {nullptr, 5};
  CHECK_THROWS_AS(copy_error(&error), ContractFault);
  for (const std::uint32_t size : {0u, 4u, UINT32_MAX}) {
    error.struct_size = size;
    CHECK_THROWS_AS(copy_error(&error), ContractFault);
  }
}

TEST_CASE("fields that a newer plugin appended are left alone") {
  struct Newer {
    pictor_error known;
    std::uint64_t appended;
  } newer{error_of(PICTOR_TIMEOUT, "known"), 42};
  newer.known.struct_size = sizeof newer;
  CHECK(copy_error(&newer.known).message == "known");
}
