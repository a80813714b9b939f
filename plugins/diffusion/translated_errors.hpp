#pragma once

#include "error.hpp"
#include "pipelines/text_to_image.hpp"
#include <pictor/error.hpp>

namespace pictor::diffusion {

inline Status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return Status::invalid_argument;
    case ErrorKind::not_found:
      return Status::not_found;
    case ErrorKind::unsupported:
      return Status::unsupported;
    case ErrorKind::resource_exhausted:
      return Status::resource_exhausted;
    case ErrorKind::device_lost:
      return Status::device_lost;
    case ErrorKind::internal:
      break;
  }
  return Status::internal;
}

// Runs `body`, with what the pipeline throws as the SDK's errors.
template <typename Body>
auto translated(Body body) {
  try {
    return body();
  } catch (const Cancelled &) {
    throw pictor::Error(Status::cancelled, "stopped before the picture was done");
  } catch (const Error &error) {
    throw pictor::Error(status_of(error.kind()), error.what()).parameter(error.parameter());
  }
}

}  // namespace pictor::diffusion
