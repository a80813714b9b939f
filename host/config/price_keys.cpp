#include "config/price_keys.hpp"

namespace pictor::host {
namespace {

constexpr double dearest = 1e6;  // dollars

Key entry(std::string id, ParameterType type, std::string doc) {
  Key key;
  key.spec.id = std::move(id);
  key.spec.type = type;
  key.spec.doc = std::move(doc);
  return key;
}

Key text(std::string id, std::string doc) {
  return entry(std::move(id), ParameterType::string, std::move(doc));
}

Key dollars(std::string id, std::string doc) {
  Key key = entry(std::move(id), ParameterType::number, std::move(doc));
  key.spec.minimum = 0;
  key.spec.maximum = dearest;
  return key;
}

Key factor(std::string id, std::string doc) {
  Key key = entry(std::move(id), ParameterType::number, std::move(doc));
  key.spec.minimum = 0;
  key.spec.maximum = 1000;
  return key;
}

Key open_entry(std::string id, std::string doc) {
  Key key = entry(std::move(id), ParameterType::json, std::move(doc));
  key.form = Key::Form::free;
  return key;
}

Key section(std::string id, const Section &keys, std::string doc) {
  Key key = entry(std::move(id), ParameterType::json, std::move(doc));
  key.form = Key::Form::section;
  key.section = &keys;
  return key;
}

Key needed(Key key) {
  key.spec.required = true;
  return key;
}

Key currency() {
  Key key = entry("currency", ParameterType::choice, "Always USD.");
  key.spec.choices = {{"USD"}};
  return key;
}

}  // namespace

const Section &image_price_keys() {
  static const Section keys{
      .noun = "image price",
      .keys = {needed(dollars("low", "What a picture costs at least.")),
               dollars("likely", "What most cost; halfway between low and high without this key."),
               needed(dollars("high", "What a picture costs at most."))}};
  return keys;
}

const Section &token_price_keys() {
  static const Section keys{
      .noun = "token price",
      .keys = {dollars("text_in", "Dollars per million tokens of the prompt."),
               dollars("image_in", "Dollars per million tokens of input images."),
               dollars("text_out", "Dollars per million tokens of text in the answer."),
               dollars("image_out", "Dollars per million tokens of pictures drawn.")}};
  return keys;
}

const Section &price_entry_keys() {
  static const Section keys{
      .noun = "price",
      .keys = {
          needed(text("plugin", "A plugin's id; a * at its end stands for anything.")),
          needed(text("model", "The model's name; a * at its end stands for anything.")),
          open_entry("when",
                     "Parameters of the request or the model and the value, or a list of the "
                     "values, that they must have: {size: 1024x1024, quality: [low, medium]}."),
          open_entry("image", "Dollars per picture: a number, or {low, likely, high}."),
          section("tokens", token_price_keys(), "Dollars per million tokens."),
          factor("times",
                 "In place of a price: what the next entry that fits is multiplied by; 0.5 "
                 "is half of it."),
          text("as_of", "The day the price was read, as 2026-11-22."),
          text("source", "Where it was read.")}};
  return keys;
}

const Section &price_table_keys() {
  static const Section keys{
      .noun = "prices",
      .keys = {currency(), text("as_of", "The day the table was last looked through."),
               text("source", "Where the prices were read, for entries that do not say."),
               entry("replace", ParameterType::boolean,
                     "Do not ask the table that comes with pictor for what this one lacks."),
               needed(open_entry("entries", "The prices; the first that fits is taken."))}};
  return keys;
}

}  // namespace pictor::host
