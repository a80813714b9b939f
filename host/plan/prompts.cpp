#include "plan/prompts.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "plan/identity.hpp"
#include "plan/metadata_columns.hpp"
#include "plan/record_reader.hpp"
#include "plan/row_checker.hpp"

#include <fmt/format.h>

#include <set>
#include <unordered_set>

namespace pictor::host {
namespace {

// What is kept of a row: 40 bytes.
struct RowEntry {
  std::uint64_t offset = 0;
  Hash128 key;
  std::uint32_t length = 0;
  std::uint32_t line = 0;
  std::uint32_t checksum = 0;         // of its text: was the file changed since?
  std::uint16_t num_generations = 0;  // 0: a bad row
  std::uint16_t model = 0;            // 0: all; else an index + 1
};
static_assert(sizeof(RowEntry) == 40);

std::uint32_t checksum_of(std::string_view text) {
  return static_cast<std::uint32_t>(hash128(text).low);
}

// Positions are bytes of the row, from 1: what `cut -b` and an editor's goto understand.
void require_text(std::string_view text) {
  if (const std::size_t at = first_invalid_utf8(text); at != std::string_view::npos) {
    throw RowError(fmt::format("not UTF-8 at byte {}", at + 1));
  }
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    throw RowError(fmt::format("the character NUL at byte {}", at + 1));
  }
}

}  // namespace

struct Prompts::Impl {
  PromptFile file;
  RowRules rules;
  RowChecker checker;
  std::uint32_t job_num_generations;
  std::vector<Place> places;        // of a list in the YAML
  std::vector<std::string> header;  // of csv and tsv
  std::vector<RowEntry> rows;
  std::vector<BadRow> bad_rows;
  MetadataColumns metadata;
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::string> warnings;

  Impl(const JobConfig &job, const RowRules &row_rules)
      : file(PromptFile::open(job)),
        rules(row_rules),
        checker(rules, file.folder()),
        job_num_generations(job.num_generations),
        places(job.inline_places) {}

  void scan();
  void read_header(RecordReader &reader);
  void add(const Record &record);
  void check(const Record &record, RowEntry &entry);
  void add_bad(const Record &record, RowEntry &entry, const std::string &message);
  void warn_once();
  void settle_keys();
  void require_a_row() const;
  void refuse_duplicates(const std::vector<std::uint32_t> &with_id,
                         const std::vector<std::uint32_t> &order) const;

  bool has_cells() const {
    return file.format() == PromptFormat::csv || file.format() == PromptFormat::tsv;
  }
  char separator() const { return file.format() == PromptFormat::tsv ? '\t' : ','; }
  void read_fields(std::string_view text, RowFields &fields) const;
  Row read_row(std::uint32_t index, std::uint32_t model) const;
  std::string at(std::uint64_t line) const {
    return fmt::format("{}:{}", terminal_safe(file.name()), line);
  }
  std::uint64_t line_of(std::uint32_t index, std::uint64_t line) const {
    const bool placed = index < places.size() && places[index].line > 0;
    return placed ? static_cast<std::uint64_t>(places[index].line) : line;
  }

  // Only during the scan.
  RowFields fields;
  CheckedRow checked;
  std::unordered_set<std::string> seen_columns;
  std::vector<bool> has_id;
};

void Prompts::Impl::read_fields(std::string_view text, RowFields &into) const {
  switch (file.format()) {
    case PromptFormat::text:
      require_text(text);
      return read_text_row(text, into);
    case PromptFormat::csv:
    case PromptFormat::tsv:
      require_text(text);
      return read_csv_row(text, separator(), header, into);
    case PromptFormat::jsonl:
      return read_json_row(text, into);
  }
}

void Prompts::Impl::scan() {
  RecordReader reader(file);
  if (has_cells()) read_header(reader);
  Record record;
  while (reader.next(record)) {
    if (rows.size() == UINT32_MAX) throw Error(file.name() + ": more than 4294967295 rows");
    add(record);
  }
  require_a_row();
  settle_keys();
  metadata.finish();
  columns = metadata.columns();
  fields = {};
  checked = {};
  seen_columns = {};
}

void Prompts::Impl::read_header(RecordReader &reader) {
  Record record;
  if (!reader.next(record)) {
    throw Error(file.name() + ": the file is empty", "begin it with a line that names the columns");
  }
  const std::string place = at(record.line) + ": ";
  try {
    require_text(record.text);
    read_cells(record.text, separator(), header);
  } catch (const RowError &error) {
    throw Error(place + error.what());
  }
  std::set<std::string_view> seen;
  for (std::string &name : header) {
    const auto first = name.find_first_not_of(' ');
    name = first == std::string::npos ? std::string{}
                                      : name.substr(first, name.find_last_not_of(' ') - first + 1);
    if (name.empty()) {
      throw Error(place + "a column without a name",
                  "name every column in the first line (pandas: to_csv(index=False))");
    }
    if (!seen.insert(name).second) {
      throw Error(fmt::format("{}two columns are called '{}'", place, terminal_safe(name)));
    }
  }
  const bool prompt = seen.contains("prompt"), text = seen.contains("text");
  if (prompt && text) {
    throw Error(place + "both 'prompt' and 'text' are columns", "leave one of them out");
  }
  if (!prompt && !text) {
    std::string guess;
    for (const std::string &name : header) {
      if (guess.empty()) guess = did_you_mean(name, {"prompt", "text"});
      if (guess.size() > 0) break;
    }
    throw Error(place + "no column is called 'prompt' or 'text'" + guess,
                "the first line must name the columns");
  }
}

void Prompts::Impl::add(const Record &record) {
  RowEntry entry;
  entry.offset = record.offset;
  entry.length = static_cast<std::uint32_t>(record.text.size());
  entry.line =
      static_cast<std::uint32_t>(line_of(static_cast<std::uint32_t>(rows.size()), record.line));
  entry.checksum = checksum_of(record.text);
  has_id.push_back(false);
  try {
    if (record.too_long) throw RowError("the row is longer than 16 MiB");
    check(record, entry);
  } catch (const RowError &error) {
    add_bad(record, entry, error.what());
  }
  rows.push_back(entry);
}

void Prompts::Impl::check(const Record &record, RowEntry &entry) {
  read_fields(record.text, fields);
  checker.check(fields, has_cells(), 0, checked);
  entry.key = checked.row.id.empty() ? key_of_content(fields) : key_of_id(checked.row.id);
  has_id.back() = !checked.row.id.empty();
  entry.num_generations =
      static_cast<std::uint16_t>(checked.row.num_generations.value_or(job_num_generations));
  entry.model = static_cast<std::uint16_t>(checked.model ? *checked.model + 1 : 0);
  warn_once();
  for (const RowField *other : checked.others) {
    metadata.observe(other->name, other->value, has_cells());
  }
}

void Prompts::Impl::add_bad(const Record &record, RowEntry &entry, const std::string &message) {
  const std::string safe = terminal_safe(message);
  if (rules.strict) throw Error(at(entry.line) + ": " + safe);
  entry.key = key_of_bad_row(record.text);
  entry.num_generations = 0;
  bad_rows.push_back({static_cast<std::uint32_t>(rows.size()), entry.line, safe});
}

void Prompts::Impl::warn_once() {
  for (const RowField &field : fields) {
    if (!seen_columns.insert(field.name).second) continue;
    const bool known = checker.knows(field.name);
    std::string warning = known ? checker.gaps_of(field.name) : checker.doubt_about(field.name);
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
}

void Prompts::Impl::require_a_row() const {
  if (rows.empty()) throw Error(file.name() + ": there is no prompt in it");
  if (bad_rows.size() < rows.size()) return;
  throw Error(fmt::format("{}: {}", at(bad_rows[0].line), bad_rows[0].message),
              fmt::format("none of the {} rows can be drawn; this is the first", rows.size()));
}

void Prompts::Impl::settle_keys() {
  std::vector<Hash128 *> ids, contents;
  std::vector<std::uint32_t> rows_with_id;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    (has_id[i] ? ids : contents).push_back(&rows[i].key);
    if (has_id[i]) rows_with_id.push_back(i);
  }
  refuse_duplicates(rows_with_id, grouped(ids));
  number_occurrences(contents);
  has_id = {};
}

// Of all rows that repeat an id, names the first in the file. `order` groups `with_id` by key.
Row Prompts::Impl::read_row(std::uint32_t index, std::uint32_t model) const {
  const RowEntry &entry = rows.at(index);
  if (entry.num_generations == 0) throw std::out_of_range("a bad row has no content");
  std::string text(entry.length, '\0');
  const std::size_t got = file.read(entry.offset, text.data(), text.size());
  if (got != text.size() || checksum_of(text) != entry.checksum) {
    throw Error(at(entry.line) + ": the file was changed while the job runs",
                "run the same command again: pictures that were made are kept");
  }
  RowFields fields;
  CheckedRow checked;
  try {
    read_fields(text, fields);
    checker.check(fields, has_cells(), model, checked);
  } catch (const RowError &error) {
    // The row was good at the scan: a picture that it names has gone since.
    throw Error(at(entry.line) + ": " + error.what());
  }
  for (const RowField *other : checked.others) {
    checked.row.columns[metadata.name_of(other->name)] =
        metadata.value_of(other->name, other->value, has_cells());
  }
  checked.row.line = entry.line;
  return std::move(checked.row);
}

void Prompts::Impl::refuse_duplicates(const std::vector<std::uint32_t> &with_id,
                                      const std::vector<std::uint32_t> &order) const {
  std::uint32_t first = UINT32_MAX, again = UINT32_MAX;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::uint32_t before = with_id[order[i - 1]], here = with_id[order[i]];
    if (rows[here].key != rows[before].key || here >= again) continue;
    first = before;
    again = here;
  }
  if (again == UINT32_MAX) return;
  throw Error(fmt::format("{}: this row has the id of line {}, '{}'", at(rows[again].line),
                          rows[first].line, terminal_safe(read_row(again, 0).id)),
              "give every row an id of its own, or no id at all");
}

Prompts Prompts::open(const JobConfig &job, const RowRules &rules) {
  auto impl = std::make_unique<Impl>(job, rules);
  impl->scan();
  return Prompts(std::move(impl));
}

Prompts::Prompts(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Prompts::Prompts(Prompts &&) noexcept = default;
Prompts &Prompts::operator=(Prompts &&) noexcept = default;
Prompts::~Prompts() = default;

std::uint32_t Prompts::size() const {
  return static_cast<std::uint32_t>(impl_->rows.size());
}

Hash128 Prompts::key(std::uint32_t index) const {
  return impl_->rows.at(index).key;
}

std::uint32_t Prompts::num_generations(std::uint32_t index) const {
  return impl_->rows.at(index).num_generations;
}

std::optional<std::uint32_t> Prompts::model(std::uint32_t index) const {
  const std::uint16_t model = impl_->rows.at(index).model;
  if (model == 0) return std::nullopt;
  return model - 1U;
}

std::string Prompts::at(std::uint64_t line) const {
  return impl_->at(line);
}

Row Prompts::row(std::uint32_t index, std::uint32_t model) const {
  return impl_->read_row(index, model);
}

const std::vector<BadRow> &Prompts::bad_rows() const {
  return impl_->bad_rows;
}

const std::vector<std::pair<std::string, std::string>> &Prompts::columns() const {
  return impl_->columns;
}

const std::vector<std::string> &Prompts::warnings() const {
  return impl_->warnings;
}

}  // namespace pictor::host
