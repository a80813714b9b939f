#include "run/template_naming.hpp"

#include "output/decode.hpp"
#include "run/sample_record.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

std::string without_extension(const std::string &file_name) {
  return file_name.substr(0, file_name.rfind('.'));
}

FolderLayout without_folders(FolderLayout layout) {
  layout.sub_folders = false;
  return layout;
}

// Columns and parameters as they are known before the picture is: the size is the one asked for.
Json record_of(const Request &request, std::uint32_t index) {
  Json record = sample_record(request, index, nullptr);
  for (const char *side : {"width", "height"}) {
    const auto asked = request.asked.parameters.find(side);
    if (asked != request.asked.parameters.end()) record[side] = asked->second;
  }
  return record;
}

}  // namespace

TemplateNaming::TemplateNaming(const std::string &text, FolderLayout layout,
                               const std::vector<std::string> &models)
    : names_(text),
      plain_(without_folders(layout), models),
      generation_digits_(layout.generation_digits) {}

void TemplateNaming::take(const std::string &file_name) {
  names_.take(without_extension(file_name));
}

std::string TemplateNaming::fallback(const SampleKey &key) const {
  return without_extension(plain_.file_name(key.row, key.model, key.generation, ImageFormat::png));
}

void TemplateNaming::add(const Request &request, std::uint32_t index) {
  const Json record = record_of(request, index);
  const NameFacts facts = facts_of(request, index, record);
  const SampleKey key = request.key(index);
  const std::string plain = names_.plain(facts, fallback(key));
  std::string name = names_.next(facts, fallback(key));
  if (name != plain) numbered_[key] = std::move(name);
}

std::string TemplateNaming::file_name(const Request &request, std::uint32_t index,
                                      ImageFormat format) const {
  const SampleKey key = request.key(index);
  const auto numbered = numbered_.find(key);
  if (numbered != numbered_.end()) {
    return fmt::format("{}.{}", numbered->second, file_extension(format));
  }
  const Json record = record_of(request, index);
  const std::string name = names_.plain(facts_of(request, index, record), fallback(key));
  return fmt::format("{}.{}", name, file_extension(format));
}

std::string TemplateNaming::next_file_name(const SampleEnd &end, const std::string &model,
                                           std::string_view extension) {
  NameFacts facts = numbers_of(end.key);
  facts.id = end.row_id;
  facts.model = model;
  facts.prompt = end.prompt;
  facts.seed = end.seed;
  facts.record = &end.metadata;
  return names_.next(facts, fallback(end.key)) + std::string(extension);
}

NameFacts TemplateNaming::numbers_of(const SampleKey &key) const {
  NameFacts facts;
  facts.row = fmt::format("{:06}", key.row);
  facts.generation = fmt::format("{:0{}}", key.generation, generation_digits_);
  return facts;
}

NameFacts TemplateNaming::facts_of(const Request &request, std::uint32_t index,
                                   const Json &record) const {
  NameFacts facts = numbers_of(request.key(index));
  facts.id = request.row.id;
  facts.model = request.model->name;
  facts.prompt = request.row.prompt;
  // The seed that is asked for: what a model reports is not known before it has drawn.
  facts.seed = request.asked.seeds[index];
  facts.record = &record;
  return facts;
}

PictureNaming template_naming(std::shared_ptr<const TemplateNaming> names) {
  return
      [names = std::move(names)](const Request &request, std::uint32_t index, ImageFormat format) {
        return names->file_name(request, index, format);
      };
}

}  // namespace pictor::host
