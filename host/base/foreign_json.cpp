#include "base/foreign_json.hpp"

namespace pictor::host {

namespace {

// Builds nothing, and ends the reading where it goes too deep: what reads MessagePack recurses too.
class DepthWatch final : public Json::json_sax_t {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool key(string_t &) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= deepest_json; }
  bool start_array(std::size_t) override { return ++depth_ <= deepest_json; }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string &, const Json::exception &) override {
    return false;
  }

 private:
  int depth_ = 0;
};

bool is_shallow(std::string_view bytes, Json::input_format_t format) {
  DepthWatch watch;
  return Json::sax_parse(bytes.begin(), bytes.end(), &watch, format);
}

}  // namespace

std::optional<Json> parse_foreign_json(std::string_view text) {
  if (!is_shallow(text, Json::input_format_t::json)) return std::nullopt;
  return Json::parse(text, nullptr, false);
}

std::optional<Json> parse_foreign_msgpack(std::string_view bytes) {
  if (!is_shallow(bytes, Json::input_format_t::msgpack)) return std::nullopt;
  return Json::from_msgpack(bytes.begin(), bytes.end(), true, false);
}

}  // namespace pictor::host
