#pragma once

#include "place.hpp"
#include "remote/http.hpp"
#include <pictor/error.hpp>

#include <string>

namespace pictor::huggingface {

// The words of a body, whoever wrote it: {"error": ...} as a text, list or object, {"detail"},
// {"errors"}, {"message"}, plain text, HTML. Empty when it says nothing.
std::string told_words(const remote::HttpAnswer &answer);

// The Error that an answer without success stands for: the provider's words, what they mean for the
// sample, and the next step.
Error error_of_answer(const remote::HttpAnswer &answer, const Place &place);

// The same for a queued picture that failed at the provider.
Error error_of_reply(const Reply &reply, const remote::HttpAnswer &answer, const Place &place);

// The Error of a request without a whole answer.
Error error_of_failure(const remote::TransferFailure &failure, const Place &place);

// An Error about what came in an answer, with the request's id.
Error answer_fault(const remote::HttpAnswer &answer, const std::string &message);

}  // namespace pictor::huggingface
