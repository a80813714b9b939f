#pragma once

namespace pictor::diffusion {

// What the CPU can do, asked of it once. On another CPU than an x86 all are false.

// With fused multiply-add, which came with it.
bool has_avx2();

// With the parts (BW, DQ, VL) that libtorch asks for before it computes in bfloat16 with oneDNN.
bool has_avx512();

// The same, and products of pairs of bfloat16.
bool has_avx512_bfloat16();

// Sums of products of bytes, of either width.
bool has_vnni();

bool has_amx_bfloat16();

}  // namespace pictor::diffusion
