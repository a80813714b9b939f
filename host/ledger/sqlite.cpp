#include "ledger/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace pictor::host {

namespace {

constexpr int busy_timeout_ms = 10'000;

std::string next_step(int code) {
  switch (code) {
    case SQLITE_FULL:
      return "the disk is full: free space and run the same command again; "
             "nothing that was recorded is lost";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "the folder must be writable; check its permissions and whether the disk is mounted "
             "read-only";
    case SQLITE_NOTADB:
      return "the file is not a ledger; choose another output folder";
    case SQLITE_CORRUPT:
      return "the ledger is damaged; rescue what it holds with "
             "`sqlite3 ledger.sqlite .recover`, or choose another output folder";
    case SQLITE_BUSY:
      return "another program holds the ledger open for writing";
    case SQLITE_IOERR:
      return "the disk refused; look at the system's log (dmesg), then run the same command again";
    default:
      return "";
  }
}

[[noreturn]] void fail(sqlite3 *database, int code, const std::string &file) {
  const int primary = code & 0xff;
  const char *said = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  if (primary == SQLITE_BUSY) {
    throw DatabaseBusy(fmt::format("{}: {}", file, said), next_step(primary), ExitCode::internal);
  }
  const bool at_fault = primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT ||
                        primary == SQLITE_CANTOPEN || primary == SQLITE_PERM;
  throw Error(fmt::format("{}: {}", file, said), next_step(primary),
              at_fault ? ExitCode::usage : ExitCode::internal);
}

[[noreturn]] void fail(sqlite3 *database, int code) {
  const char *file = sqlite3_db_filename(database, "main");
  fail(database, code, file != nullptr ? file : "ledger");
}

// The file as a URI that says nobody will ever write to it.
std::string immutable_uri(const std::string &file) {
  std::string uri = "file:";
  for (const unsigned char c : file) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", c);
    } else {
      uri += static_cast<char>(c);
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt *statement) const {
  sqlite3_finalize(statement);
}

void Statement::Keep::operator()(sqlite3_stmt *statement) const {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  place->reset(statement);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code);
}

Statement &Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

Statement &Statement::bind(int parameter, std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), parameter, text.data() != nullptr ? text.data() : "",
                            text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement &Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), parameter,
                            bytes.data() != nullptr ? bytes.data() : "", bytes.size(),
                            SQLITE_TRANSIENT));
  return *this;
}

Statement &Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_.get());
  fail(sqlite3_db_handle(statement_.get()), code);
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void *bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes != nullptr ? std::string_view(static_cast<const char *>(bytes), size)
                          : std::string_view{};
}

void Database::Close::operator()(sqlite3 *database) const {
  sqlite3_close_v2(database);
}

Database::Database(const std::filesystem::path &file, Access access) {
  const std::string name =
      access == Access::immutable ? immutable_uri(file.string()) : file.string();
  const int flags = access == Access::read_write  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : access == Access::immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                                  : SQLITE_OPEN_READONLY;
  sqlite3 *database = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(database, code, file.string());
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, busy_timeout_ms);
}

void Database::execute(const std::string &sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code);
}

Statement Database::prepare(std::string_view sql) {
  Statement::Compiled &place = kept_[std::string(sql)];
  if (place) return Statement(std::move(place), place);
  sqlite3_stmt *statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(database_.get(), code);
  return Statement(Statement::Compiled(statement), place);
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Transaction::Transaction(Database &database) : database_(database) {
  database_.prepare("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error &) {
    // SQLite rolls back by itself after the errors that make ROLLBACK fail.
  }
}

void Transaction::commit() {
  database_.prepare("COMMIT").run();
  open_ = false;
}

}  // namespace pictor::host
