/* clang-format off */
/*
 * The Pictor plugin ABI, major 1: the contract between the host and a model's shared library.
 * It is frozen: from 1.0 on this header only grows, and a plugin built with it runs in every 1.x host.
 *
 * How to read it
 *   - C11 and C++17 or newer. It needs stddef.h and stdint.h and nothing of the host: a plugin links
 *     against no host symbol. The host finds one exported function, `pictor_plugin_v1`, and everything
 *     else travels in tables.
 *   - The first field of every struct is `struct_size`: sizeof the struct as its writer knew it. Fields
 *     are only ever appended, zero means "as before", and there is no implicit padding, so the size is
 *     the version. A reader looks at a field only when PICTOR_HAS says it is there. (`pictor_str` alone
 *     has no size: it is frozen for ever.)
 *   - Argument order: the object the function belongs to, what it works on, where the answer goes. A
 *     pointer is never NULL unless its comment says so. Text is UTF-8. `const char *` is NUL-terminated;
 *     `pictor_str` is not.
 *   - Nobody frees the other side's memory. Small data is copied before the call returns; only pixels
 *     are borrowed, with a `release` callback.
 *   - No exception, longjmp or thread cancellation crosses a call. The host never unloads a plugin.
 *
 * Thread tags
 *   [any]               any thread, at any time between `init` and `deinit`, also at once with others
 *   [metadata]          any thread, also before `init`; pure and quick: no file, network, device, thread
 *   [main]              the thread that runs `init`; never at once with another call into this plugin
 *   [model-serial]      never at once with another [model-serial] call on that model; threads may change
 *   [model-concurrent]  up to `max_concurrency` calls at once on the same model, from any threads
 * Host functions are all [any] and never call back into the plugin, with two exceptions that are named
 * there: so a plugin may call them with its own locks held, except around `job_image` and `secret_read`.
 */
#ifndef PICTOR_ABI_H
#define PICTOR_ABI_H

#include <stddef.h>
#include <stdint.h>

#define PICTOR_ABI_MAJOR 1
#define PICTOR_ABI_MINOR 0

#if defined(__cplusplus) && __cplusplus >= 201703L
#define PICTOR_NOEXCEPT noexcept /* a plugin function that forgets it does not compile */
#else
#define PICTOR_NOEXCEPT
#endif

#if defined(__GNUC__)
#define PICTOR_EXPORT __attribute__((visibility("default")))
#else
#define PICTOR_EXPORT
#endif

/* Whether the writer of `*ptr` knew `field`. */
#define PICTOR_HAS(ptr, type, field) \
  ((ptr)->struct_size >= offsetof(type, field) + sizeof(((const type *)0)->field))

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Words ------------------------------------------------------------------------------------- */

/* Text or bytes of `size`, not NUL-terminated. `data` may be NULL when `size` is 0. */
typedef struct pictor_str {
  const char *data;
  uint64_t size;
} pictor_str;

/* One call's worth of work, known to the host. A stale handle is recognised, never dereferenced.
 * 0 is no job. */
typedef uint64_t pictor_job;

/* Where the reason of a failed call is put (`set_error`); valid during that call. 0: nobody listens. */
typedef uint64_t pictor_error_sink;

typedef int32_t pictor_status;
enum {
  PICTOR_OK = 0,
  PICTOR_CANCELLED = 1,           /* ended because the host asked */
  PICTOR_INVALID_ARGUMENT = 2,    /* this value can never work; `param_id` names it */
  PICTOR_UNSUPPORTED = 3,         /* a fair wish that this model or version cannot fulfil */
  PICTOR_NOT_FOUND = 4,           /* a model, file or route that is not there */
  PICTOR_UNAUTHENTICATED = 5,     /* no key, or a wrong one */
  PICTOR_PERMISSION_DENIED = 6,   /* the key may not do this */
  PICTOR_RATE_LIMITED = 7,        /* slower, then it works */
  PICTOR_QUOTA_EXHAUSTED = 8,     /* no slower pace helps: money or allowance is used up */
  PICTOR_CONTENT_REJECTED = 9,    /* a policy refused the prompt or filtered the picture */
  PICTOR_RESOURCE_EXHAUSTED = 10, /* memory of host or device */
  PICTOR_TIMEOUT = 11,
  PICTOR_UNAVAILABLE = 12,        /* not now: overload, start-up, connection lost */
  PICTOR_PROTOCOL = 13,           /* the answer was not what the provider promises */
  PICTOR_DEVICE_LOST = 14,        /* the device stays broken until the process is started again */
  PICTOR_INTERNAL = 15,           /* a fault of the plugin; also what an unknown status counts as */
  PICTOR_STALE = 16               /* the job or request has already ended */
};

/* ---- Values and parameters --------------------------------------------------------------------- */

typedef int32_t pictor_type;
enum {
  PICTOR_TYPE_BOOL = 1,         /* i64: 0 or 1 */
  PICTOR_TYPE_INT = 2,          /* i64 */
  PICTOR_TYPE_FLOAT = 3,        /* f64, finite */
  PICTOR_TYPE_STRING = 4,       /* str */
  PICTOR_TYPE_ENUM = 5,         /* str: one of the choices */
  PICTOR_TYPE_SEED = 6,         /* i64, read as unsigned */
  PICTOR_TYPE_PATH = 7,         /* str: absolute; the host resolved relative ones. Load scope only */
  PICTOR_TYPE_SECRET = 8,       /* str: a name for `secret_read`, never the secret itself */
  PICTOR_TYPE_JSON = 9,         /* str: one JSON value */
  PICTOR_TYPE_STRING_LIST = 10, /* strings */
  PICTOR_TYPE_NUMBER_LIST = 11, /* numbers, finite */
  PICTOR_TYPE_IMAGE = 12,       /* bytes: a PNG, JPEG or WebP file the host has read; str: media type */
  PICTOR_TYPE_IMAGE_LIST = 13   /* items: values of type IMAGE, at least one */
};

/* A value of one type; the fields of the other types are zero. Valid as long as what holds it. */
typedef struct pictor_value {
  uint32_t struct_size;
  pictor_type type;
  int64_t i64;
  double f64;
  pictor_str str;
  pictor_str bytes;
  const pictor_str *strings;
  uint64_t string_count;
  const double *numbers;
  uint64_t number_count;
  const struct pictor_value *const *items; /* pointers: an item's size may differ from ours */
  uint64_t item_count;
} pictor_value;

typedef struct pictor_kv {
  uint32_t struct_size;
  uint32_t reserved;
  const char *key;
  const pictor_value *value;
} pictor_kv;

typedef int32_t pictor_scope;
enum {
  PICTOR_SCOPE_LOAD = 1,   /* given once, to `create` */
  PICTOR_SCOPE_REQUEST = 2 /* generation_kwargs: may differ from request to request */
};

enum { /* pictor_param_spec.flags */
  PICTOR_PARAM_REQUIRED = 1u << 0,      /* has no default and must be given */
  PICTOR_PARAM_ADVANCED = 1u << 1,      /* listed after the others */
  PICTOR_PARAM_DEPRECATED = 1u << 2,
  PICTOR_PARAM_OPEN_ENUM = 1u << 3,     /* the choices are hints; other text is passed on */
  PICTOR_PARAM_HAS_MIN = 1u << 4,
  PICTOR_PARAM_HAS_MAX = 1u << 5,
  PICTOR_PARAM_EXCLUSIVE_MIN = 1u << 6,
  PICTOR_PARAM_EXCLUSIVE_MAX = 1u << 7,
  PICTOR_PARAM_AFFECTS_COST = 1u << 8,
  PICTOR_PARAM_LIMIT_KEY = 1u << 9,     /* models with equal values of these share a pool of limits */
  PICTOR_PARAM_SAME_PIXELS = 1u << 10,  /* how the work is done, not what is drawn: may change between
                                           runs */
  PICTOR_PARAM_PATH_OR_NAME = 1u << 11  /* load scope. STRING: a text that begins as a path, or is one
                                           that exists, comes absolute; any other text is a name and
                                           comes as it is. JSON: so does each text of a list, and the
                                           "path" of each object in it */
};

/* One allowed value of an ENUM. Static. */
typedef struct pictor_choice {
  uint32_t struct_size;
  uint32_t flags;             /* PICTOR_PARAM_DEPRECATED or 0 */
  const char *value;
  const char *label;          /* NULL: the value itself */
  const char *const *aliases; /* NULL-terminated; NULL: none. Shown and stored as `value` */
} pictor_choice;

/*
 * What there is to know about one runtime parameter. Static: owned by the plugin, unchanged until the
 * process ends. Names are those of diffusers and distilabel; a plugin that uses one of these uses its
 * type: negative_prompt STRING, width height num_inference_steps num_generations INT, guidance_scale
 * strength FLOAT, seed SEED, scheduler ENUM, model STRING, device ENUM, dtype ENUM, api_key SECRET,
 * base_url STRING, timeout FLOAT. `prompt`, `seed` and `num_generations` need no specification: they
 * stand in every request.
 *
 * The host checks what a user wrote against it, and hands over only what fits. A plugin that gets
 * another value all the same answers PICTOR_INVALID_ARGUMENT with its `param_id`.
 */
typedef struct pictor_param_spec {
  uint32_t struct_size;
  pictor_type type;
  pictor_scope scope;
  uint32_t flags;
  const char *id;                    /* [a-z][a-z0-9_]* */
  const char *label;                 /* NULL: the id */
  const char *doc;                   /* one or more sentences */
  const char *unit;                  /* "px", "s"; NULL: none */
  const char *env;                   /* the environment variable that the host reads when the YAML is
                                        silent; NULL: none */
  const pictor_value *default_value; /* NULL: none; never for a SECRET */
  double min_value;                  /* of INT, SEED, FLOAT, and of each in a NUMBER_LIST; meaningful
                                        with PICTOR_PARAM_HAS_MIN */
  double max_value;
  double step;                       /* INT: the value must be a multiple; 0: any */
  const char *const *aliases;        /* other spellings a user may type; NULL-terminated; NULL: none */
  const pictor_choice *const *choices;
  uint64_t choice_count;
  uint64_t max_bytes;                /* of STRING, JSON, IMAGE, and of each in an IMAGE_LIST; 0: the
                                        host's own limit */
} pictor_param_spec;

/* ---- Errors ------------------------------------------------------------------------------------ */

enum { /* pictor_error.flags; neither RETRY flag: unknown */
  PICTOR_ERROR_RETRY_SAFE = 1u << 0,   /* nothing was billed or drawn: the request may be sent again */
  PICTOR_ERROR_RETRY_NEVER = 1u << 1,  /* the same request will fail again */
  PICTOR_ERROR_BILLED = 1u << 2,       /* it failed, and was billed */
  PICTOR_ERROR_MAYBE_BILLED = 1u << 3, /* the answer was lost after the request had left, and no
                                          checkpoint leads to it: it is not asked for again without
                                          the user's word */
  PICTOR_ERROR_AFTER_DRAWING = 1u << 4 /* CONTENT_REJECTED: the picture was filtered, not the prompt
                                          refused */
};

/* Why something failed. Copied before the call that takes it returns. Must hold no secret. */
typedef struct pictor_error {
  uint32_t struct_size;
  pictor_status status;
  uint32_t flags;
  int32_t http_status;    /* 0: none */
  int64_t retry_after_ms; /* -1: not told */
  pictor_str message;     /* the user's mistake or the provider's words, and the next step */
  pictor_str provider_code;
  pictor_str provider_request_id;
  pictor_str param_id;     /* the parameter at fault */
  pictor_str details_json; /* anything more, as one JSON object */
} pictor_error;

/* ---- Requests ---------------------------------------------------------------------------------- */

/*
 * One row: a prompt and the pictures wanted of it. The struct and all it points to stay valid until the
 * request's terminal call (`job_done`, `job_fail`) has returned.
 */
typedef struct pictor_request {
  uint32_t struct_size;
  uint32_t image_count;   /* pictures wanted, >= 1 */
  const uint64_t *seeds;  /* image_count of them: seeds[k] draws the picture of image_index k */
  pictor_str prompt;
  const pictor_kv *const *params; /* request scope; each parameter with a value, defaults included */
  uint64_t param_count;
  pictor_str checkpoint;  /* what `job_checkpoint` last stored for this request in an earlier life; it
                             may have asked for more pictures then. size 0: none */
  pictor_str trace_id;    /* the host's name of the row, for logs */
  uint32_t preview_every; /* a preview each so many steps is welcome; 0: none */
  uint32_t flags;         /* 0 */
  int64_t timeout_ms;     /* the host gives up after this; -1: no limit */
} pictor_request;

/* ---- Images ------------------------------------------------------------------------------------ */

typedef int32_t pictor_image_kind;
enum {
  PICTOR_IMAGE_ENCODED = 1, /* a whole file (PNG, JPEG, WebP): kept to the byte */
  PICTOR_IMAGE_RAW = 2      /* pixels, described by the strides: the host encodes them */
};

typedef int32_t pictor_pixel_type;
enum {
  PICTOR_PIXEL_U8 = 1,
  PICTOR_PIXEL_F32 = 2 /* 0 is black, 1 is full; outside is clamped, not finite is an error */
};

/*
 * Pixels on their way to the host. Sample (y, x, c) of a RAW image stands at
 * data + y * stride_y + x * stride_x + c * stride_c: rows with padding, planes and tensors fit.
 * `release` NULL: borrowed for the call, the host copies. Otherwise, when `job_image` returns PICTOR_OK
 * the host calls release(release_ctx, data) exactly once, from any thread, perhaps inside `job_image`,
 * perhaps after `destroy`, always before `deinit`; when it returns anything else the plugin still owns
 * the pixels.
 */
typedef struct pictor_image {
  uint32_t struct_size;
  pictor_image_kind kind;
  const void *data;
  uint64_t size;      /* bytes at `data` */
  uint32_t width;     /* 1..65536; ENCODED: 0 lets the host read it from the file */
  uint32_t height;
  uint32_t channels;  /* RAW: 1 gray, 3 RGB, 4 RGBA; sRGB, alpha not multiplied in */
  pictor_pixel_type pixel_type;
  uint64_t stride_y;  /* bytes */
  uint64_t stride_x;
  uint64_t stride_c;
  const char *media_type; /* ENCODED: "image/png", ... ; NULL: the host looks */
  void (*release)(void *release_ctx, const void *data) PICTOR_NOEXCEPT; /* [any]; may be NULL */
  void *release_ctx;
} pictor_image;

enum { /* pictor_image_meta.flags */
  PICTOR_META_HAS_SEED = 1u << 0,
  PICTOR_META_HAS_COST = 1u << 1,
  PICTOR_META_COST_IS_ESTIMATE = 1u << 2,
  PICTOR_META_PREVIEW = 1u << 3 /* not the picture: may be shown, is never stored */
};

/* What is known about a picture beyond its pixels. Copied by `job_image`. Empty strings: not known. */
typedef struct pictor_image_meta {
  uint32_t struct_size;
  uint32_t image_index;  /* which of the request's samples this is: < image_count */
  uint32_t flags;
  char cost_currency[4]; /* "USD" */
  uint64_t seed;         /* the seed that was used, where it is not the one asked for */
  int64_t cost_micros;   /* millionths of the currency */
  int64_t queue_ns;      /* times; 0: not known */
  int64_t compute_ns;
  int64_t transfer_ns;
  pictor_str finish_reason;
  pictor_str revised_prompt;
  pictor_str provider_request_id;
  pictor_str model_version;
  const pictor_kv *const *extra; /* more columns for the metadata: scheduler, tokens, scores, ... */
  uint64_t extra_count;
} pictor_image_meta;

/* ---- The host ---------------------------------------------------------------------------------- */

typedef int32_t pictor_log_level;
enum { PICTOR_LOG_DEBUG = 1, PICTOR_LOG_INFO = 2, PICTOR_LOG_WARNING = 3, PICTOR_LOG_ERROR = 4 };

/*
 * What the host offers. Given to `init`, the same table for every call, valid until the process ends; a
 * plugin keeps the pointer. Every member of this minor is set.
 *
 * A job covers the requests of one `generate`, `submit` or `load`; `request` is the index among them.
 * Results come back through job_progress and job_image, then exactly one of job_done and job_fail per
 * request. A call about a request that has ended returns PICTOR_STALE and does nothing.
 */
typedef struct pictor_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void *ctx;
  const char *name; /* "pictor" */
  const char *version;

  /* An optional service by id ("pictor.<name>/<revision>"); NULL when the host has none of that id. */
  const void *(*get_extension)(const struct pictor_host *host, const char *id) PICTOR_NOEXCEPT;

  /* Whether a message of this level would be kept: 1 or 0. */
  int32_t (*log_enabled)(const struct pictor_host *host, pictor_log_level level) PICTOR_NOEXCEPT;
  void (*log)(const struct pictor_host *host, pictor_log_level level, const char *target,
              pictor_str message) PICTOR_NOEXCEPT;

  /* A monotonic clock. */
  int64_t (*now_ns)(const struct pictor_host *host) PICTOR_NOEXCEPT;

  /* Tells the reason of the failure that this call is about to return. */
  void (*set_error)(const struct pictor_host *host, pictor_error_sink sink,
                    const pictor_error *error) PICTOR_NOEXCEPT;

  /*
   * Looks a secret up by the name that a SECRET parameter holds and calls use(ctx, bytes, size) once,
   * before it returns; the bytes are wiped afterwards. PICTOR_NOT_FOUND: no such secret, `use` was not
   * called. Calls back into the plugin.
   */
  pictor_status (*secret_read)(const struct pictor_host *host, const char *name,
                               void (*use)(void *ctx, const char *bytes, uint64_t size) PICTOR_NOEXCEPT,
                               void *ctx) PICTOR_NOEXCEPT;

  /* 1 when the work should end soon; the remaining requests still get their terminal call. Never
   * blocks. */
  int32_t (*job_cancelled)(const struct pictor_host *host, pictor_job job) PICTOR_NOEXCEPT;

  /* `fraction` in [0, 1] or negative when unknown; `step` of `steps`, 0 of 0 when there are none;
   * `stage` may be NULL. */
  pictor_status (*job_progress)(const struct pictor_host *host, pictor_job job, uint32_t request,
                                double fraction, uint32_t step, uint32_t steps,
                                const char *stage) PICTOR_NOEXCEPT;

  /*
   * Hands over one picture. PICTOR_INVALID_ARGUMENT: the image breaks its contract (strides outside the
   * data, image_index out of range or given twice) and was not taken. May block while the host's queue
   * is full. May call image->release.
   */
  pictor_status (*job_image)(const struct pictor_host *host, pictor_job job, uint32_t request,
                             const pictor_image *image, const pictor_image_meta *meta) PICTOR_NOEXCEPT;

  /*
   * Stores a small state of the plugin's own (a queue id, a batch id; at most 64 KiB), replacing the
   * last one. It is on disk before this returns. A request that is drawn again in a later life gets it
   * back. Size 0 forgets it.
   */
  pictor_status (*job_checkpoint)(const struct pictor_host *host, pictor_job job, uint32_t request,
                                  pictor_str bytes) PICTOR_NOEXCEPT;
  /*
   * The same for many requests, perhaps of different jobs, with one write to disk: `bytes[i]` is the
   * state of request `requests[i]` of `jobs[i]`. Requests that have ended are passed over.
   */
  pictor_status (*job_checkpoints)(const struct pictor_host *host, const pictor_job *jobs,
                                   const uint32_t *requests, const pictor_str *bytes,
                                   uint64_t count) PICTOR_NOEXCEPT;

  /* The request ended; pictures that were asked for and not handed over are a fault of the plugin. */
  pictor_status (*job_done)(const struct pictor_host *host, pictor_job job,
                            uint32_t request) PICTOR_NOEXCEPT;
  /* The request ended early; pictures that were handed over are kept. */
  pictor_status (*job_fail)(const struct pictor_host *host, pictor_job job, uint32_t request,
                            const pictor_error *error) PICTOR_NOEXCEPT;
} pictor_host;

/* ---- A model ----------------------------------------------------------------------------------- */

enum { PICTOR_EXEC_SYNC = 1u << 0, PICTOR_EXEC_ASYNC = 1u << 1 }; /* pictor_model_info.exec_modes */

enum { /* pictor_model_info.flags */
  PICTOR_MODEL_NEEDS_NETWORK = 1u << 0,
  PICTOR_MODEL_NEEDS_GPU = 1u << 1,
  PICTOR_MODEL_DETERMINISTIC = 1u << 2,     /* same request, seed and device: same pixels */
  PICTOR_MODEL_BILLED = 1u << 3,            /* a request may cost money: the host records it before it
                                               is sent */
  PICTOR_MODEL_PREFERS_ISOLATION = 1u << 4,
  PICTOR_MODEL_IGNORES_SEED = 1u << 5,      /* no seed reaches the model: none is recorded */
  PICTOR_MODEL_PARKS = 1u << 6              /* requests in flight outlive the process through their
                                               checkpoints: a host that ends cancels them at once and
                                               hands them back in its next life */
};

/* What a plugin offers under one id. Static. */
typedef struct pictor_model_info {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t exec_modes;
  uint32_t max_batch;       /* requests in one call; 0: any */
  uint32_t max_concurrency; /* calls at once; 0: any */
  uint32_t reserved;
  const char *id;           /* [a-z0-9._-]+ */
  const char *label;
  const char *doc;
  const char *const *features; /* "text-to-image", ...; NULL-terminated; may be NULL */
} pictor_model_info;

/* What one instance can do. The host fills it from its pictor_model_info; an instance changes what its
 * configuration makes different, in the fields that PICTOR_HAS. */
typedef struct pictor_capacity {
  uint32_t struct_size;
  uint32_t flags;              /* PICTOR_MODEL_*; PICTOR_MODEL_BILLED may be cleared, never set */
  uint32_t max_batch;
  uint32_t max_concurrency;
  uint32_t wanted_concurrency; /* calls worth having out when the user does not say; 0: the host's own
                                  number */
  uint32_t reserved;
} pictor_capacity;

#define PICTOR_ALL_JOBS ((pictor_job)0)
#define PICTOR_ALL_REQUESTS UINT32_MAX

/* One instance of a model: the struct is the object. Made by `create`, ended by `destroy`. */
typedef struct pictor_model {
  uint32_t struct_size;
  uint32_t reserved;
  void *plugin_data; /* the plugin's own */

  /*
   * Gets ready to draw: opens weights, connects. Slow. Progress and cancellation go through `job`
   * (request 0), without pictures and without a terminal call. OK when it is loaded already.
   * [model-serial]
   */
  pictor_status (*load)(struct pictor_model *model, pictor_job job,
                        pictor_error_sink error) PICTOR_NOEXCEPT;
  /* Gives up what `load` took. No work is in flight. OK when it is not loaded. [model-serial] */
  pictor_status (*unload)(struct pictor_model *model) PICTOR_NOEXCEPT;

  /* What the instance draws with, for the metadata; valid until `destroy`. [model-serial], after
   * create */
  const char *(*model_name)(struct pictor_model *model) PICTOR_NOEXCEPT;

  /* Changes what is different from pictor_model_info. [model-serial], after create; may be NULL */
  void (*capacity)(struct pictor_model *model, pictor_capacity *out) PICTOR_NOEXCEPT;

  /* Checks what single parameters cannot tell: without network, files or device. Every row of a job is
   * asked about before the first one is drawn. [model-serial], created or loaded; may be NULL */
  pictor_status (*validate)(struct pictor_model *model, const pictor_request *request,
                            pictor_error_sink error) PICTOR_NOEXCEPT;

  /*
   * Draws the requests. Not PICTOR_OK: nothing was accepted and no job_* function was or will be
   * called. PICTOR_OK: each request gets exactly one terminal call, from `generate` before it returns,
   * from `submit` at any later time and from any thread, perhaps before it returns. `requests` itself is
   * valid during the call. NULL where exec_modes lacks the mode. [model-concurrent], loaded
   */
  pictor_status (*generate)(struct pictor_model *model, const pictor_request *const *requests,
                            uint32_t count, pictor_job job, pictor_error_sink error) PICTOR_NOEXCEPT;
  pictor_status (*submit)(struct pictor_model *model, const pictor_request *const *requests,
                          uint32_t count, pictor_job job, pictor_error_sink error) PICTOR_NOEXCEPT;

  /* Asks a request, or PICTOR_ALL_REQUESTS of a job, or those of PICTOR_ALL_JOBS of this model, to end
   * early; `job_cancelled` tells which jobs are meant. Never blocks; a stale job is no error. [any]; may
   * be NULL */
  void (*cancel)(struct pictor_model *model, pictor_job job, uint32_t request) PICTOR_NOEXCEPT;

  /* An optional interface by id; NULL when there is none. [metadata] */
  const void *(*get_extension)(struct pictor_model *model, const char *id) PICTOR_NOEXCEPT;

  /* Ends the object; unloads first where needed. No work is in flight. [model-serial] */
  void (*destroy)(struct pictor_model *model) PICTOR_NOEXCEPT;
} pictor_model;

/* ---- The plugin -------------------------------------------------------------------------------- */

/* What `pictor_plugin_v1` returns: static, owned by the plugin. Its functions get it back, so that one
 * library may offer tables that differ only in `plugin_data`. */
typedef struct pictor_plugin {
  uint32_t struct_size;
  uint32_t abi_minor;      /* PICTOR_ABI_MINOR it was built with */
  uint32_t min_host_minor; /* the oldest host it runs on */
  uint32_t flags;          /* 0 */
  void *plugin_data;       /* the plugin's own; may be NULL */
  const char *id;          /* [a-z0-9._-]+ ; the file is called ID.pictor.so */
  const char *label;
  const char *vendor;      /* may be NULL */
  const char *version;     /* "1.2.3" */
  const char *url;         /* may be NULL */
  const char *sdk;         /* what it was built with; may be NULL */

  /* Called once before any other function but the metadata, and once at the end, with every model
   * destroyed; after `deinit`, `init` may be called again. [main] */
  pictor_status (*init)(const struct pictor_plugin *plugin, const pictor_host *host,
                        const char *plugin_path, pictor_error_sink error) PICTOR_NOEXCEPT;
  void (*deinit)(const struct pictor_plugin *plugin) PICTOR_NOEXCEPT;

  /* The models, and the parameters of each. NULL past the end; 0 and NULL for an unknown id.
   * [metadata] */
  uint32_t (*model_count)(const struct pictor_plugin *plugin) PICTOR_NOEXCEPT;
  const pictor_model_info *(*model_info)(const struct pictor_plugin *plugin,
                                         uint32_t index) PICTOR_NOEXCEPT;
  uint32_t (*param_count)(const struct pictor_plugin *plugin, const char *model_id) PICTOR_NOEXCEPT;
  const pictor_param_spec *(*param_spec)(const struct pictor_plugin *plugin, const char *model_id,
                                         uint32_t index) PICTOR_NOEXCEPT;

  /*
   * Makes an instance from load-scope parameters: every one that has a value, defaults included. Reads
   * its configuration only: no file, network or device. `config` is valid during the call. NULL on
   * failure, with the reason in `error`: PICTOR_NOT_FOUND for an unknown model_id. [any]
   */
  pictor_model *(*create)(const struct pictor_plugin *plugin, const char *model_id,
                          const pictor_kv *const *config, uint64_t config_count,
                          pictor_error_sink error) PICTOR_NOEXCEPT;

  /* An optional interface by id; NULL when there is none. [metadata] */
  const void *(*get_extension)(const struct pictor_plugin *plugin, const char *id) PICTOR_NOEXCEPT;
} pictor_plugin;

/* The one exported symbol; its name carries the major. [metadata] */
typedef const pictor_plugin *(*pictor_plugin_entry)(void) PICTOR_NOEXCEPT;
#define PICTOR_ENTRY_SYMBOL "pictor_plugin_v1"
PICTOR_EXPORT const pictor_plugin *pictor_plugin_v1(void) PICTOR_NOEXCEPT;

/* ---- The manifest ------------------------------------------------------------------------------ */

/*
 * An ELF note that tells what a file is without running a line of it: section .note.pictor, owner
 * "Pictor", type 1, content one JSON object in ASCII, padded with NUL to a multiple of four:
 *   {"abi": "1.0", "min_host": 0, "id": "...", "version": "...", "label": "..."}
 * Optional: "isolation": "worker" wants a process of its own, "gpu" the same where there is a GPU;
 * "network": true needs a network, which a sandbox has only when the user grants it. Other keys are
 * passed over.
 * `json` is a string literal. Use it once, at file scope; in C++ inside the plugin's only
 * PICTOR_PLUGIN.
 */
#define PICTOR_NOTE_SECTION ".note.pictor"
#define PICTOR_NOTE_OWNER "Pictor"
#define PICTOR_NOTE_MANIFEST 1u
#define PICTOR_NOTE_ROUND(n) (((n) + 3u) & ~3u)
#define PICTOR_MANIFEST(json)                                                           \
  __attribute__((used, aligned(4), section(PICTOR_NOTE_SECTION))) static const struct { \
    uint32_t name_size, content_size, type;                                             \
    char name[8];                                                                       \
    char content[PICTOR_NOTE_ROUND(sizeof(json))];                                      \
  } pictor_manifest_note = {sizeof(PICTOR_NOTE_OWNER), PICTOR_NOTE_ROUND(sizeof(json)), \
                            PICTOR_NOTE_MANIFEST, PICTOR_NOTE_OWNER, json}

#ifdef __cplusplus
}
#endif

#endif /* PICTOR_ABI_H */
