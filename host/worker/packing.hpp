#pragma once

#include "base/json.hpp"
#include <pictor/abi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// The ABI's structs as messages between two processes, and back. Packing reads what a plugin or a
// host wrote and throws ContractFault where it breaks the contract; unpacking reads what the other
// process sent and throws Json::exception for what is no such message.
namespace pictor::host::worker {

Json pack(const pictor_str &text);
Json pack_text(const char *text);  // null for NULL
Json pack(const pictor_value *value);
Json pack(const pictor_kv *const *pairs, std::uint64_t count);
Json pack(const pictor_error &error);
Json pack(const pictor_request &request);
Json pack(const pictor_param_spec *spec);
Json pack(const pictor_model_info *info);
Json pack(const pictor_image_meta *meta);
Json pack(const pictor_capacity &capacity);
// Without its pixels.
Json pack_frame(const pictor_image &image);

// Owns what unpacked structs point to, and the structs themselves: keep it as long as anybody may
// read them. May be moved.
class Unpacked {
 public:
  pictor_str text(const Json &packed);
  const char *c_text(const Json &packed);  // NULL for null
  const pictor_value *value(const Json &packed);
  std::pair<const pictor_kv *const *, std::uint64_t> pairs(const Json &packed);
  pictor_error error(const Json &packed);
  const pictor_request *request(const Json &packed);
  const pictor_param_spec *spec(const Json &packed);
  const pictor_model_info *info(const Json &packed);
  pictor_image_meta meta(const Json &packed);
  pictor_image frame(const Json &packed);

 private:
  template <class Value>
  Value &keep(Value value) {
    auto kept = std::make_shared<Value>(std::move(value));
    kept_.push_back(kept);
    return *kept;
  }
  const char *const *texts(const Json &packed);

  std::vector<std::shared_ptr<void>> kept_;
};

pictor_capacity unpack_capacity(const Json &packed);

}  // namespace pictor::host::worker
