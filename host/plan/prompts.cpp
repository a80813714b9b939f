#include "plan/prompts.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "plan/csv_header.hpp"
#include "plan/expansion.hpp"
#include "plan/expansion_count.hpp"
#include "plan/identity.hpp"
#include "plan/metadata_columns.hpp"
#include "plan/record_reader.hpp"
#include "plan/row_checker.hpp"
#include "plan/row_table.hpp"
#include "plan/template_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

namespace pictor::host {
namespace {

std::uint32_t checksum_of(std::string_view text) {
  return static_cast<std::uint32_t>(hash128(text).low);
}

// A number is an id as well.
std::string id_text(const RowField &field) {
  return field.value.is_string() ? field.value.get<std::string>() : field.value.dump();
}

}  // namespace

struct Prompts::Impl {
  PromptFile file;
  RowRules rules;
  RowChecker checker;
  Expander expander;
  std::uint32_t job_num_generations;
  std::uint64_t job_seed;
  std::vector<Place> places;        // of a list in the YAML
  std::vector<std::string> header;  // of csv and tsv
  RowTable table;
  std::vector<BadRow> bad_rows;  // by index
  MetadataColumns metadata;
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::string> warnings;

  Impl(const JobConfig &job, const RowRules &row_rules)
      : file(PromptFile::open(job)),
        rules(row_rules),
        checker(rules, file.folder()),
        expander(job, rules),
        job_num_generations(job.num_generations),
        job_seed(job.seed),
        places(job.inline_places) {}

  void scan();
  void start(RecordReader &reader);
  std::uint64_t count_rows();
  void add(const Record &record);
  void check(const Record &record, SourceRow &source);
  void add_rows(const Expansion &expansion);
  void ask_models();
  void add_bad_row(const Hash128 &key, const std::string &message);
  void seed(Expansion &expansion, const RowFields &row, const SourceRow &source) const;
  void warn_once(const Expansion &expansion);
  void require_a_row() const;
  void refuse_duplicate_ids();

  bool has_cells() const {
    return file.format() == PromptFormat::csv || file.format() == PromptFormat::tsv;
  }
  char separator() const { return file.format() == PromptFormat::tsv ? '\t' : ','; }
  void read_fields(std::string_view text, RowFields &fields) const;
  bool is_bad(std::uint32_t index) const;
  Row read_row(std::uint32_t index, std::uint32_t model) const;
  std::string read_text(const SourceRow &source) const;
  std::string at(std::uint64_t line) const {
    return fmt::format("{}:{}", terminal_safe(file.name()), line);
  }
  std::uint64_t line_of(std::uint32_t source, std::uint64_t line) const {
    const bool placed = source < places.size() && places[source].line > 0;
    return placed ? static_cast<std::uint64_t>(places[source].line) : line;
  }

  // Only during the scan.
  struct Scan {
    RowFields row;             // as it stands in the file
    RowFields fields, chosen;  // as it was expanded
    CheckedRow checked;
    std::unordered_set<std::string> seen_columns;
    std::vector<Hash128> ids;                      // of rows that have one
    std::vector<std::uint32_t> with_id;            // those rows of the file
    std::map<Hash128, std::uint32_t> occurrences;  // of a content, where draws need it
    bool doubted = false;
  };
  Scan now;
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
  if (expander.is_on()) table.reserve(count_rows());
  RecordReader reader(file);
  start(reader);
  Record record;
  while (reader.next(record)) {
    if (table.size() == UINT32_MAX) throw Error(file.name() + ": more than 4294967295 rows");
    add(record);
  }
  require_a_row();
  refuse_duplicate_ids();
  now = {};
  rules.objections.clear();  // and the models behind them
  table.settle_keys();
  metadata.finish();
  columns = metadata.columns();
}

void Prompts::Impl::start(RecordReader &reader) {
  if (!has_cells()) return;
  Record record;
  if (!reader.next(record)) {
    throw Error(file.name() + ": the file is empty", "begin it with a line that names the columns");
  }
  header = read_csv_header(record.text, separator(), at(record.line));
}

// A pass of its own: an explosion is refused before it takes place.
std::uint64_t Prompts::Impl::count_rows() {
  RecordReader reader(file);
  start(reader);
  ExpansionCount count;
  Record record;
  for (std::uint32_t number = 0; reader.next(record); ++number) {
    try {
      if (record.too_long) throw RowError("");  // told by the scan
      read_fields(record.text, now.row);
      count.add(line_of(number, record.line), expander.expand(now.row));
    } catch (const RowError &) {
      count.add_bad();
    }
  }
  return count.total(terminal_safe(file.name()));
}

void Prompts::Impl::add(const Record &record) {
  SourceRow source;
  source.offset = record.offset;
  source.length = static_cast<std::uint32_t>(record.text.size());
  source.line = static_cast<std::uint32_t>(line_of(table.sources(), record.line));
  source.checksum = checksum_of(record.text);
  table.add_source(source);
  try {
    if (record.too_long) throw RowError("the row is longer than 16 MiB");
    check(record, table.last_source());
  } catch (const RowError &error) {
    table.last_source().num_generations = 0;
    add_bad_row(key_of_bad_row(record.text), error.what());
  }
}

void Prompts::Impl::check(const Record &record, SourceRow &source) {
  read_fields(record.text, now.row);
  if (const std::string conflict = expander.conflict_in(now.row); !conflict.empty()) {
    throw Error(fmt::format("{}: {}", at(source.line), terminal_safe(conflict)),
                "leave it out of the rows, or of job.matrix");
  }
  Expansion expansion = expander.expand(now.row);
  expansion.write_unfilled(now.fields);
  // What is wrong whatever is chosen is told once.
  checker.check(now.fields, has_cells(), 0, now.checked);
  if (!expander.is_on()) ask_models();
  const Row &row = now.checked.row;
  source.num_generations =
      static_cast<std::uint16_t>(row.num_generations.value_or(job_num_generations));
  source.model = static_cast<std::uint16_t>(now.checked.model ? *now.checked.model + 1 : 0);
  warn_once(expansion);
  if (!row.id.empty()) {
    now.ids.push_back(key_of_id(row.id));
    now.with_id.push_back(table.sources() - 1);
  } else if (expansion.is_drawn()) {
    source.occurrence = now.occurrences[key_of_content(now.row)]++;
  }
  if (expansion.is_drawn()) seed(expansion, now.row, source);
  add_rows(expansion);
}

void Prompts::Impl::add_rows(const Expansion &expansion) {
  const std::string id = now.checked.row.id;
  const std::uint64_t count = expansion.count();
  for (std::uint64_t number = 0; number < count; ++number) {
    if (expander.is_on()) expansion.write(number, now.fields, now.chosen);
    const Hash128 key = id.empty()             ? key_of_content(now.fields)
                        : expansion.is_plain() ? key_of_id(id)
                                               : key_of_choice(id, now.chosen);
    try {
      if (expander.is_on()) {
        checker.check(now.fields, has_cells(), 0, now.checked);
        ask_models();
      }
    } catch (const RowError &error) {
      if (expansion.is_plain()) throw;
      add_bad_row(key_of_bad_row(to_hex(key)),
                  fmt::format("{} (combination {} of {})", error.what(), number + 1, count));
      continue;
    }
    table.add_row(key);
    for (const RowField *other : now.checked.others) {
      metadata.observe(other->name, other->value, has_cells());
    }
  }
}

// Every model that the row goes to, about the row as it reads it.
void Prompts::Impl::ask_models() {
  std::uint32_t read_as = 0;
  for (std::uint32_t model = 0; model < rules.objections.size(); ++model) {
    if (!rules.objections[model] || !checker.goes_to(now.checked.model, model)) continue;
    if (model != read_as) checker.check(now.fields, has_cells(), model, now.checked);
    read_as = model;
    const std::string objection = rules.objections[model](now.checked.row);
    if (!objection.empty()) throw RowError(objection);
  }
  if (read_as != 0) checker.check(now.fields, has_cells(), 0, now.checked);
}

void Prompts::Impl::add_bad_row(const Hash128 &key, const std::string &message) {
  const std::string safe = terminal_safe(message);
  const std::uint32_t line = table.last_source().line;
  if (rules.strict) throw Error(at(line) + ": " + safe);
  bad_rows.push_back({table.size(), line, safe});
  table.add_row(key);
}

// What a draw goes by: who the row is, not where it stands.
void Prompts::Impl::seed(Expansion &expansion, const RowFields &row,
                         const SourceRow &source) const {
  const RowField *id = find_field(row, "id");
  expansion.set_seed(job_seed, id != nullptr ? key_of_id(id_text(*id)) : key_of_content(row),
                     source.occurrence);
}

void Prompts::Impl::warn_once(const Expansion &expansion) {
  for (const RowField &field : now.fields) {
    if (!now.seen_columns.insert(field.name).second) continue;
    if (expansion.fills_in(field.name)) continue;  // it makes a difference
    const bool known = checker.knows(field.name);
    std::string warning = known ? checker.gaps_of(field.name) : checker.doubt_about(field.name);
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
  if (now.doubted || !expander.is_on()) return;
  std::string doubt = expander.doubt_about(now.row);
  now.doubted = !doubt.empty();
  if (now.doubted) warnings.push_back(std::move(doubt));
}

void Prompts::Impl::require_a_row() const {
  if (table.size() == 0) throw Error(file.name() + ": there is no prompt in it");
  if (bad_rows.size() < table.size()) return;
  throw Error(fmt::format("{}: {}", at(bad_rows[0].line), bad_rows[0].message),
              fmt::format("none of the {} rows can be drawn; this is the first", table.size()));
}

bool Prompts::Impl::is_bad(std::uint32_t index) const {
  if (table.source_of(index).num_generations == 0) return true;
  const auto found =
      std::lower_bound(bad_rows.begin(), bad_rows.end(), index,
                       [](const BadRow &row, std::uint32_t i) { return row.index < i; });
  return found != bad_rows.end() && found->index == index;
}

std::string Prompts::Impl::read_text(const SourceRow &source) const {
  std::string text(source.length, '\0');
  const std::size_t got = file.read(source.offset, text.data(), text.size());
  if (got == text.size() && checksum_of(text) == source.checksum) return text;
  throw Error(at(source.line) + ": the file was changed while the job runs",
              "run the same command again: pictures that were made are kept");
}

Row Prompts::Impl::read_row(std::uint32_t index, std::uint32_t model) const {
  const SourceRow &source = table.source_of(index);
  if (is_bad(index)) throw std::out_of_range("a bad row has no content");
  const std::string text = read_text(source);
  RowFields row, fields, chosen;
  CheckedRow checked;
  bool is_plain = true;
  try {
    read_fields(text, row);
    Expansion expansion = expander.expand(row);
    if (expansion.is_drawn()) seed(expansion, row, source);
    expansion.write(index - source.first, fields, chosen);
    checker.check(fields, has_cells(), model, checked);
    is_plain = expansion.is_plain();
  } catch (const RowError &error) {
    // The row was good at the scan: a picture that it names has gone since.
    throw Error(at(source.line) + ": " + error.what());
  }
  for (const RowField *other : checked.others) {
    checked.row.columns[metadata.name_of(other->name)] =
        metadata.value_of(other->name, other->value, has_cells());
  }
  checked.row.line = source.line;
  // By the key, not by the number: it stays when options are added.
  if (!is_plain && !checked.row.id.empty()) {
    checked.row.id += fmt::format("-{:.16}", to_hex(table.key(index)));
  }
  return std::move(checked.row);
}

// Of all rows that repeat an id, names the first in the file.
void Prompts::Impl::refuse_duplicate_ids() {
  std::vector<Hash128 *> ids;
  ids.reserve(now.ids.size());
  for (Hash128 &id : now.ids) ids.push_back(&id);
  const std::vector<std::uint32_t> order = grouped(ids);
  std::uint32_t first = UINT32_MAX, again = UINT32_MAX;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::uint32_t before = now.with_id[order[i - 1]], here = now.with_id[order[i]];
    if (now.ids[order[i]] != now.ids[order[i - 1]] || here >= again) continue;
    first = before;
    again = here;
  }
  if (again == UINT32_MAX) return;
  const SourceRow &source = table.source(again);
  read_fields(read_text(source), now.row);
  throw Error(
      fmt::format("{}: this row has the id of line {}, '{}'", at(source.line),
                  table.source(first).line, terminal_safe(id_text(*find_field(now.row, "id")))),
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
  return impl_->table.size();
}

std::uint32_t Prompts::rows_in_file() const {
  return impl_->table.sources();
}

Hash128 Prompts::key(std::uint32_t index) const {
  return impl_->table.key(index);
}

std::uint32_t Prompts::num_generations(std::uint32_t index) const {
  return impl_->is_bad(index) ? 0 : impl_->table.source_of(index).num_generations;
}

std::optional<std::uint32_t> Prompts::model(std::uint32_t index) const {
  const std::uint16_t model = impl_->table.source_of(index).model;
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
