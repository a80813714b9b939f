#pragma once

#include "config/config.hpp"
#include "plan/prompts.hpp"
#include "plan/row_fields.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pictor::host {

// job.matrix, checked: the columns that every row gets in every combination.
class Matrix {
 public:
  // Throws Error at the place of a key that rows cannot vary (a setting of the job, a parameter of
  // load scope, one given with --param, one that is there twice) and of a value that a model which
  // has the parameter does not take.
  Matrix(const std::vector<MatrixKey> &keys, const RowRules &rules);

  bool empty() const { return keys_.empty(); }
  std::uint64_t count() const { return count_; }  // of combinations, saturating
  // Appends the columns of a combination, below count(). The last key changes quickest.
  void append(std::uint64_t number, RowFields &fields) const;

  struct Key {
    std::string name;
    std::vector<Json> values;
  };
  const std::vector<Key> &keys() const { return keys_; }
  // The key that a column of that name would be given by as well; null when there is none.
  const std::string *key_for(const std::string &column) const;

 private:
  void add(const MatrixKey &key, const RowRules &rules);
  void take_names(const MatrixKey &key, const RowRules &rules);

  std::vector<Key> keys_;
  std::map<std::string, std::string> taken_;  // names and aliases -> key
  std::uint64_t count_ = 1;
};

// The matrix with the paths of pictures in it absolute: for the resolved job, which may be read
// from another folder.
std::vector<MatrixKey> with_absolute_paths(std::vector<MatrixKey> keys, const RowRules &rules);

}  // namespace pictor::host
