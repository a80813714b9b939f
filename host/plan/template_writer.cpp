#include "plan/template_writer.hpp"

#include "base/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pictor::host {
namespace {

// splitmix64's finish: every bit of the result hangs on every bit of the sum.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a + b * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// What both ways of filling share: texts, columns, and the walk over the parts.
class Writer {
 public:
  explicit Writer(const RowFields &row) : row_(row) {}

  FilledText filled;

 protected:
  void column(const std::string &name) {
    const RowField *field = find_field(row_, name);
    if (field == nullptr) {
      std::vector<std::string> names;
      for (const RowField &there : row_) names.push_back(there.name);
      throw RowError(
          fmt::format("{{{{{}}}}}: the row has no such column{}", name, did_you_mean(name, names)));
    }
    filled.text += field->value.is_string() ? field->value.get<std::string>() : field->value.dump();
  }

  // `choose(choice, place)` writes a choice; the outermost ones are remembered.
  template <class Choose>
  void sequence(const TemplateText &text, const Choose &choose) {
    const bool outermost = depth_++ == 0;
    for (std::size_t i = 0; i < text.parts.size(); ++i) {
      const TemplatePart &part = text.parts[i];
      const std::size_t start = filled.text.size();
      if (part.kind == TemplatePart::Kind::text) filled.text += part.text;
      if (part.kind == TemplatePart::Kind::column) column(part.text);
      if (part.kind != TemplatePart::Kind::choice) continue;
      choose(*part.choice, i);
      if (outermost) filled.choices.push_back(filled.text.substr(start));
    }
    --depth_;
  }

 private:
  const RowFields &row_;
  std::size_t depth_ = 0;
};

class NumberedWriter : public Writer {
 public:
  using Writer::Writer;

  void write(const TemplateText &text, std::uint64_t number) {
    std::uint64_t right = text.count;  // combinations of what stands to the right
    sequence(text, [&](const Choice &choice, std::size_t) {
      right /= choice.count;
      write(choice, number / right);
      number %= right;
    });
  }

 private:
  void write(const Choice &choice, std::uint64_t number) {
    if (!choice.picks_one()) return write_set(choice, number);
    if (choice.counts_by_option()) return write(choice.options[number].text, 0);
    const auto behind = std::upper_bound(choice.table.begin(), choice.table.end(), number);
    const auto option = static_cast<std::size_t>(behind - choice.table.begin() - 1);
    write(choice.options[option].text, number - choice.table[option]);
  }

  void write_set(const Choice &choice, std::uint64_t number) {
    std::size_t size = choice.least;
    for (; number >= choice.count_sets(0, size); ++size) number -= choice.count_sets(0, size);
    bool first = true;
    for (std::size_t i = 0; size > 0; ++i) {
      const std::uint64_t rest = choice.count_sets(i + 1, size - 1);
      const std::uint64_t with_it = rest * choice.options[i].text.count;
      if (number >= with_it) {
        number -= with_it;
        continue;
      }
      if (!first) filled.text += choice.separator;
      first = false;
      write(choice.options[i].text, number / rest);
      number %= rest;
      --size;
    }
  }
};

class DrawnWriter : public Writer {
 public:
  using Writer::Writer;

  void write(const TemplateText &text, std::uint64_t seed) {
    sequence(text, [&](const Choice &choice, std::size_t place) {
      write(choice, mixed(seed, place + 1));
    });
  }

 private:
  struct Score {
    double value;
    std::size_t option;
    bool operator>(const Score &other) const { return value > other.value; }
  };

  // The larger, the sooner it is taken. With weights, log(u)/weight of an even u in (0, 1]: the
  // best k of such scores are a draw without replacement (Efraimidis and Spirakis).
  static double score(const Choice &choice, const Option &option, std::uint64_t seed) {
    const double even =
        (static_cast<double>(mixed(seed, option.hash) >> 11) + 1) * 0x1p-53;  // (0, 1]
    if (choice.equal_weights) return even;
    return option.weight > 0 ? std::log(even) / option.weight : -HUGE_VAL;
  }

  void write(const Choice &choice, std::uint64_t seed) {
    if (!choice.picks_one()) return write_set(choice, seed);
    Score best{-HUGE_VAL, 0};
    for (std::size_t i = 0; i < choice.options.size(); ++i) {
      const Score next{score(choice, choice.options[i], seed), i};
      if (next > best) best = next;
    }
    write_option(choice, best.option, seed);
  }

  void write_set(const Choice &choice, std::uint64_t seed) {
    std::vector<Score> scores;
    for (std::size_t i = 0; i < choice.options.size(); ++i) {
      if (choice.options[i].weight == 0) continue;
      scores.push_back({score(choice, choice.options[i], seed), i});
    }
    const std::size_t sizes = choice.most - choice.least + 1;
    const std::size_t size = std::min(choice.least + mixed(seed, 0) % sizes, scores.size());
    std::partial_sort(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(size),
                      scores.end(), std::greater<>());
    scores.resize(size);
    std::sort(scores.begin(), scores.end(),
              [](const Score &a, const Score &b) { return a.option < b.option; });
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) filled.text += choice.separator;
      write_option(choice, scores[i].option, seed);
    }
  }

  void write_option(const Choice &choice, std::size_t option, std::uint64_t seed) {
    write(choice.options[option].text, mixed(seed, choice.options[option].hash));
  }
};

}  // namespace

const RowField *find_field(const RowFields &row, std::string_view name) {
  const auto found = std::find_if(row.begin(), row.end(),
                                  [&](const RowField &field) { return field.name == name; });
  return found == row.end() ? nullptr : &*found;
}

FilledText fill_in(const TemplateText &text, std::uint64_t number, const RowFields &row) {
  NumberedWriter writer(row);
  writer.write(text, number);
  return std::move(writer.filled);
}

FilledText fill_by_draw(const TemplateText &text, std::uint64_t seed, const RowFields &row) {
  DrawnWriter writer(row);
  writer.write(text, seed);
  return std::move(writer.filled);
}

}  // namespace pictor::host
