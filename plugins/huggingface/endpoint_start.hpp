#pragma once

#include "place.hpp"
#include "remote/http_client.hpp"
#include <pictor/model.hpp>

namespace pictor::huggingface {

// Waits until a dedicated endpoint that was scaled to zero has started: a GET of its URL is
// answered with 502, 503 or 504 until then. Any other answer is one. Throws Error when the time is
// over, when it is paused, and when there is nobody.
void wait_for_endpoint(remote::HttpClient &client, const Place &place,
                       std::chrono::milliseconds at_most, Loading &loading);

}  // namespace pictor::huggingface
