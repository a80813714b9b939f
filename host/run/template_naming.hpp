#pragma once

#include "output/imagefolder.hpp"
#include "output/template_names.hpp"
#include "run/dataset_folder.hpp"

#include <map>
#include <memory>
#include <string>

namespace pictor::host {

// Names pictures after a template. Every sample gets its name before the first is drawn, in the
// order of the prompt file, so that names do not depend on what is drawn first.
class TemplateNaming {
 public:
  // `layout`, `models`: for numbers of equal width, and for names that the template leaves empty.
  TemplateNaming(const std::string &text, FolderLayout layout,
                 const std::vector<std::string> &models);

  // The file of an earlier run's sample; call it for all of them first.
  void take(const std::string &file_name);
  // A picture that may be drawn.
  void add(const Request &request, std::uint32_t index);
  // Of one that was added. [any thread]
  std::string file_name(const Request &request, std::uint32_t index, ImageFormat format) const;

  // The name of a picture that was drawn under another one; `extension` with its dot.
  std::string next_file_name(const SampleEnd &end, const std::string &model,
                             std::string_view extension);

 private:
  NameFacts facts_of(const Request &request, std::uint32_t index, const Json &record) const;
  NameFacts numbers_of(const SampleKey &key) const;
  std::string fallback(const SampleKey &key) const;

  TemplateNames names_;
  FileNames plain_;
  int generation_digits_;
  std::map<SampleKey, std::string> numbered_;  // those whose name the template does not tell
};

PictureNaming template_naming(std::shared_ptr<const TemplateNaming> names);

}  // namespace pictor::host
