#pragma once

#include "check/check.hpp"

namespace pictor::host::check {

void elf_fits(Context &context);
void elf_exports(Context &context);
void elf_undefined(Context &context);
void elf_manifest(Context &context);
void elf_hardening(Context &context);
void elf_baseline(Context &context);

}  // namespace pictor::host::check
