#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace pictor::host {

// SQLite, thinly: what a ledger needs of it. Every failure is an Error that names the file, what
// SQLite said and what to do. Used from one thread at a time.

class Database;

// Another connection holds the lock that is needed, and kept it as long as was waited for.
class DatabaseBusy : public Error {
 public:
  using Error::Error;
};

// A prepared statement: bind, step until false, reset. Columns and parameters as SQLite counts
// them: columns from 0, parameters from 1. It must not outlive its Database.
class Statement {
 public:
  Statement &bind(int parameter, std::int64_t value);
  Statement &bind(int parameter, std::string_view text);  // UTF-8
  Statement &bind_blob(int parameter, std::string_view bytes);
  Statement &bind_null(int parameter);

  bool step();  // true: a row is there to be read
  void run();   // steps to the end and resets, ready for the next values
  void reset();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // also of a blob; valid until the next step

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt *statement) const;
  };
  using Compiled = std::unique_ptr<sqlite3_stmt, Finalize>;
  // Leaves the statement, reset, to whoever prepares the same SQL next.
  struct Keep {
    Compiled *place;
    void operator()(sqlite3_stmt *statement) const;
  };
  Statement(Compiled statement, Compiled &place) : statement_(statement.release(), Keep{&place}) {}
  void check(int code) const;

  std::unique_ptr<sqlite3_stmt, Keep> statement_;
};

class Database {
 public:
  enum class Access {
    read_write,  // makes the file when it is missing
    read_only,   // beside a writer
    immutable,   // nobody writes and nothing can be written: a file on a read-only disk
  };
  Database(const std::filesystem::path &file, Access access);

  void execute(const std::string &sql);  // one or more statements without parameters
  Statement prepare(std::string_view sql);
  std::int64_t integer(std::string_view sql);  // of a statement with one row, one column

 private:
  struct Close {
    void operator()(sqlite3 *database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
  // Of each SQL text the statement that nobody uses now, or null: parsing SQL takes longer than
  // most of what a ledger asks. Places stay where they are, also when the map is moved.
  std::unordered_map<std::string, Statement::Compiled> kept_;
};

// All or nothing: rolled back unless committed. Committed means on disk.
class Transaction {
 public:
  explicit Transaction(Database &database);
  ~Transaction();
  Transaction(const Transaction &) = delete;
  Transaction &operator=(const Transaction &) = delete;
  void commit();

 private:
  Database &database_;
  bool open_ = true;
};

}  // namespace pictor::host
