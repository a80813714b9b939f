#pragma once

namespace pictor::host::worker {

// The argument that makes this program a worker, and the descriptor where it finds its channel.
inline constexpr const char *worker_argument = "--worker";
inline constexpr int channel_number = 3;

// What a worker process does instead of main: runs one plugin for the process that started it,
// until that one says so or is gone.
int worker_main();

}  // namespace pictor::host::worker
