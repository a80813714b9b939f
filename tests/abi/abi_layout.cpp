#include <pictor/abi.h>

// A pointer or an array.
template <class T>
static constexpr const char *kind = "other";
template <>
constexpr const char *kind<int32_t> = "i32";
template <>
constexpr const char *kind<uint32_t> = "u32";
template <>
constexpr const char *kind<int64_t> = "i64";
template <>
constexpr const char *kind<uint64_t> = "u64";
template <>
constexpr const char *kind<double> = "f64";
template <>
constexpr const char *kind<pictor_str> = "str";

#define KIND(type, name) kind<decltype(type::name)>

#include "abi_layout.h"
