#pragma once

#include "endpoint.hpp"
#include "remote/http.hpp"
#include <pictor/error.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace pictor::openai {

// The Error that an answer without success stands for: the provider's words, what they mean for the
// sample, and the next step. Also for bodies that are not OpenAI's: {"detail": ...}, HTML, nothing.
Error error_of_answer(const remote::HttpAnswer &answer, const std::string &model,
                      const Endpoint &endpoint);

// The same for an error event inside of a stream: `event` is its data. `drew`: partial pictures had
// come before it.
Error error_of_event(const nlohmann::json &event, const remote::HttpAnswer &head, bool drew,
                     const std::string &model, const Endpoint &endpoint);

// The Error of a request without a whole answer.
Error error_of_failure(const remote::TransferFailure &failure, const Endpoint &endpoint);

// An Error about what came in an answer, with the request's id.
Error answer_fault(const remote::HttpAnswer &answer, const std::string &message);

// Pictor's name of a field of the API; empty: none has it.
std::string parameter_of(const std::string &field);

}  // namespace pictor::openai
