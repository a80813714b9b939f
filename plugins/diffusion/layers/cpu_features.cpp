#include "layers/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace pictor::diffusion {

#if defined(__x86_64__)

namespace {

// What not every compiler of ours knows by a name: leaf 7 of CPUID.
struct ExtendedFeatures {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

ExtendedFeatures extended_features(unsigned subleaf) {
  ExtendedFeatures found;
  __get_cpuid_count(7, subleaf, &found.a, &found.b, &found.c, &found.d);
  return found;
}

constexpr unsigned kAvx512Vnni = 1U << 11;   // subleaf 0, c
constexpr unsigned kAmxBfloat16 = 1U << 22;  // subleaf 0, d
constexpr unsigned kAvxVnni = 1U << 4;       // subleaf 1, a

}  // namespace

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}

bool has_avx512() {
  static const bool has = __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has;
}

bool has_avx512_bfloat16() {
  static const bool has = has_avx512() && __builtin_cpu_supports("avx512bf16");
  return has;
}

bool has_vnni() {
  static const bool has =
      (extended_features(0).c & kAvx512Vnni) != 0 || (extended_features(1).a & kAvxVnni) != 0;
  return has;
}

bool has_amx_bfloat16() {
  static const bool has = (extended_features(0).d & kAmxBfloat16) != 0;
  return has;
}

#else

bool has_avx2() {
  return false;
}
bool has_avx512() {
  return false;
}
bool has_avx512_bfloat16() {
  return false;
}
bool has_vnni() {
  return false;
}
bool has_amx_bfloat16() {
  return false;
}

#endif

}  // namespace pictor::diffusion
