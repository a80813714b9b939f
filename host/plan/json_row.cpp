#include "base/escape.hpp"
#include "plan/row_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

constexpr std::size_t deepest_row = 64;

// Takes the parser's events straight into fields: no tree is built for a row of plain columns.
class RowBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit RowBuilder(RowFields &fields) : fields_(fields) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t &) override { return add(value); }
  bool binary(binary_t &) override { return false; }  // JSON has none

  bool string(string_t &value) override {
    if (!in_row_) {
      fields_.push_back({"prompt", std::move(value)});
      return true;
    }
    return add(std::move(value));
  }

  bool start_object(std::size_t) override {
    if (in_row_) return open(Json::object());
    in_row_ = true;
    return true;
  }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &name) override {
    if (open_.empty()) {
      const auto same = [&](const RowField &field) { return field.name == name; };
      if (std::any_of(fields_.begin(), fields_.end(), same)) refuse_twice(name);
      if (fields_.size() == most_columns) refuse_many();
    } else {
      if (open_.back()->contains(name)) refuse_twice(name);
      if (open_.back()->size() == most_columns) refuse_many();
    }
    name_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string &,
                   const nlohmann::detail::exception &error) override {
    const std::string_view what = error.what();
    const std::size_t reason = what.find(" - ");
    throw RowError(fmt::format(
        "not JSON at byte {}{}", position,
        reason == std::string_view::npos
            ? std::string{}
            : ": " + shortened(terminal_safe(valid_utf8(what.substr(reason + 3))), 100)));
  }

 private:
  [[noreturn]] static void refuse_twice(const std::string &name) {
    throw RowError(fmt::format("the key '{}' stands there twice", name));
  }
  [[noreturn]] static void refuse_many() {
    throw RowError(fmt::format("more than {} keys", most_columns));
  }

  // Puts a value where the parser stands, and tells where it lies now.
  Json *place(Json value) {
    if (!in_row_) throw RowError("a row must be an object, or the prompt as text");
    if (open_.empty()) {
      fields_.push_back({std::move(name_), std::move(value)});
      return &fields_.back().value;
    }
    Json &parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[name_] = std::move(value));
  }

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (open_.size() == deepest_row)
      throw RowError(fmt::format("more than {} levels", deepest_row));
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    if (!open_.empty()) open_.pop_back();
    return true;
  }

  RowFields &fields_;
  std::vector<Json *> open_;  // the values within the row that are not complete
  std::string name_;
  bool in_row_ = false;
};

}  // namespace

void read_json_row(std::string_view text, RowFields &fields) {
  fields.clear();
  RowBuilder builder(fields);
  Json::sax_parse(text.begin(), text.end(), &builder);
  std::erase_if(fields, [](const RowField &field) { return field.value.is_null(); });
}

}  // namespace pictor::host
