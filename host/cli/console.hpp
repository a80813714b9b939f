#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/global_options.hpp"

#include <string_view>

namespace pictor::host {

// Where a command's words go: what was asked for to stdout, everything else to stderr. A reader of
// stdout who has left (`| head`) is no error: what is written after that goes nowhere.
class Console {
 public:
  explicit Console(const GlobalOptions &options);

  Format format() const { return options_.format; }
  bool json() const { return options_.format == Format::json; }
  bool quiet() const { return options_.format == Format::quiet || options_.verbosity() < 0; }
  const GlobalOptions &options() const { return options_; }
  // Whether stderr is a terminal that wants colours: neither NO_COLOR nor --no-color.
  bool color() const { return color_; }

  // Data, as it stands. Throws Error when stdout refuses it for another reason than a gone reader.
  void data(std::string_view bytes);
  void line(std::string_view text);
  // A document, readable and with its end of line; malformed UTF-8 becomes U+FFFD.
  void document(const Json &value);
  // One event: a document on one line.
  void event(const Json &value);

  // A line on stderr; not with -q or --format quiet. Control characters are made visible.
  void note(std::string_view text);
  // Says why the command ends, on stderr and, with --format json, as an event on stdout.
  void report(const Error &error) noexcept;

  // Brings stdout's last bytes out; throws like data().
  void flush();

 private:
  void check_stdout();

  GlobalOptions options_;
  bool color_;
  bool reader_left_ = false;
};

}  // namespace pictor::host
