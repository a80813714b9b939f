#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"
#include <pictor/abi.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A parameter's value cannot be handed over: an image file is missing, say. what() is for the user.
class ParameterFault : public std::runtime_error {
 public:
  ParameterFault(std::string parameter, const std::string &message)
      : std::runtime_error(message), parameter_(std::move(parameter)) {}
  const std::string &parameter() const { return parameter_; }

 private:
  std::string parameter_;
};

// Parameters as the ABI wants them. Owns every byte they point to: keep it as long as the plugin
// may read. Not movable, the pointers are into itself.
class ParameterBlock {
 public:
  // Takes the parameters of one scope that have a value (null is none), in the order of the specs.
  // Image files are read here, with their size and their first bytes checked. Throws
  // ParameterFault.
  ParameterBlock(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                 const Parameters &parameters);
  ParameterBlock(const ParameterBlock &) = delete;
  ParameterBlock &operator=(const ParameterBlock &) = delete;

  const pictor_kv *const *data() const { return pointers_.data(); }
  std::uint64_t size() const { return pointers_.size(); }

 private:
  void add(const ParameterSpec &spec, const Json &json);
  void fill(pictor_value &value, const ParameterSpec &spec, const Json &json);
  void fill_image(pictor_value &value, const ParameterSpec &spec, const Json &json);
  void fill_images(pictor_value &value, const ParameterSpec &spec, const Json &json);
  pictor_str keep(std::string text);

  // Deques: what is in them never moves.
  std::deque<std::string> texts_;
  std::deque<std::vector<pictor_str>> string_lists_;
  std::deque<std::vector<double>> number_lists_;
  std::deque<std::vector<const pictor_value *>> item_lists_;
  std::deque<pictor_value> values_;
  std::deque<pictor_kv> pairs_;
  std::vector<const pictor_kv *> pointers_;
};

// A plugin's value as JSON; `where` names it in the ContractFault for a value that breaks the
// contract: an unknown type, text that is not UTF-8, a number that is not finite, an image.
Json read_value(const pictor_value *value, std::string_view where);

// Text view of a pictor_str whose pointer was checked.
pictor_str to_abi(std::string_view text);

}  // namespace pictor::host
