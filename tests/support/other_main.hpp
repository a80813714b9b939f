#pragma once

// For a test program that starts itself again as something else. Where it is defined, it may take
// over before any test: true, with the exit code.
extern "C" __attribute__((weak)) bool other_main(int argc, char **argv, int *code);
