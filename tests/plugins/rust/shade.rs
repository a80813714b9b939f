//! A plugin in Rust, with rustc and nothing else: pixels that Rust allocates, the host keeps and Rust frees. No panic may
//! cross the boundary, so that a panic aborts (`-C panic=abort`).
#![deny(warnings)]

mod abi;

use abi::*;
use std::ffi::CStr;
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::slice;
use std::sync::atomic::{AtomicPtr, Ordering};

// ---- The host ----

static HOST: AtomicPtr<Host> = AtomicPtr::new(null_mut());

/// Valid between `init` and `deinit`, and in every call that needs it.
fn host() -> &'static Host {
    unsafe { &*HOST.load(Ordering::Acquire) }
}

fn failure(status: Status, message: &str) -> Failure {
    Failure {
        struct_size: size::<Failure>(),
        status,
        flags: 0,
        http_status: 0,
        retry_after_ms: -1,
        message: Str::of(message),
        provider_code: Str::NONE,
        provider_request_id: Str::NONE,
        param_id: Str::NONE,
        details_json: Str::NONE,
    }
}

// ---- Parameters ----

static DEFAULT_SHADE: Value = Value {
    struct_size: size::<Value>(),
    kind: TYPE_INT,
    i64_: 128,
    f64_: 0.0,
    text: Str::NONE,
    bytes: Str::NONE,
    strings: null(),
    string_count: 0,
    numbers: null(),
    number_count: 0,
    items: null(),
    item_count: 0,
};

static SHADE: ParamSpec = ParamSpec {
    struct_size: size::<ParamSpec>(),
    kind: TYPE_INT,
    scope: SCOPE_REQUEST,
    flags: PARAM_HAS_MIN | PARAM_HAS_MAX,
    id: text("shade\0"),
    label: null(),
    doc: text("How bright the picture is.\0"),
    unit: null(),
    env: null(),
    default_value: &DEFAULT_SHADE,
    min_value: 0.0,
    max_value: 255.0,
    step: 0.0,
    aliases: null(),
    choices: null(),
    choice_count: 0,
    max_bytes: 0,
};

fn is_ours(model_id: *const c_char) -> bool {
    unsafe { CStr::from_ptr(model_id) }.to_bytes() == b"shade"
}

extern "C" fn param_count(_: *const Plugin, model_id: *const c_char) -> u32 {
    is_ours(model_id) as u32
}

extern "C" fn param_spec(_: *const Plugin, model_id: *const c_char, index: u32) -> *const ParamSpec {
    if is_ours(model_id) && index == 0 { &SHADE } else { null() }
}

/// The request's value of `shade`.
fn shade_of(request: &Request) -> Option<u8> {
    let params = unsafe { slice::from_raw_parts(request.params, request.param_count as usize) };
    let shade = params.iter().map(|pair| unsafe { &**pair }).find(|pair| is_ours(pair.key))?;
    u8::try_from(unsafe { &*shade.value }.i64_).ok()
}

// ---- Drawing ----

const WIDTH: u32 = 16;
const HEIGHT: u32 = 8;

/// That shade, with grain that the seed sows.
fn draw(shade: u8, seed: u64) -> Box<Vec<u8>> {
    let mut state = seed;
    let grain = (0..WIDTH * HEIGHT).map(|_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        shade.saturating_add((state >> 60) as u8)
    });
    Box::new(grain.collect())
}

extern "C" fn give_back(pixels: *mut c_void, _: *const c_void) {
    drop(unsafe { Box::from_raw(pixels as *mut Vec<u8>) });
}

/// The pixels are the host's when it answers OK, and freed here when not.
fn hand_over(pixels: Box<Vec<u8>>, job: u64, request: u32, index: u32) -> Status {
    let (data, len) = (pixels.as_ptr(), pixels.len() as u64);
    let owner = Box::into_raw(pixels) as *mut c_void;
    let image = Image {
        struct_size: size::<Image>(),
        kind: IMAGE_RAW,
        data,
        size: len,
        width: WIDTH,
        height: HEIGHT,
        channels: 1,
        pixel_type: PIXEL_U8,
        stride_y: WIDTH as u64,
        stride_x: 1,
        stride_c: 1,
        media_type: null(),
        release: give_back,
        release_ctx: owner,
    };
    let meta = ImageMeta {
        struct_size: size::<ImageMeta>(),
        image_index: index,
        flags: 0,
        cost_currency: [0; 4],
        seed: 0,
        cost_micros: 0,
        queue_ns: 0,
        compute_ns: 0,
        transfer_ns: 0,
        finish_reason: Str::of("drawn in Rust"),
        revised_prompt: Str::NONE,
        provider_request_id: Str::NONE,
        model_version: Str::NONE,
        extra: null(),
        extra_count: 0,
    };
    let status = (host().job_image)(host(), job, request, &image, &meta);
    if status != OK {
        give_back(owner, data as *const c_void);
    }
    status
}

fn answer(request: &Request, job: u64, index: u32) -> Result<(), Failure> {
    let shade = shade_of(request).ok_or_else(|| failure(INTERNAL, "the host gave no shade"))?;
    let seeds = unsafe { slice::from_raw_parts(request.seeds, request.image_count as usize) };
    for (k, seed) in seeds.iter().enumerate() {
        if (host().job_cancelled)(host(), job) != 0 {
            return Err(failure(CANCELLED, "stopped between two pictures"));
        }
        let fraction = k as f64 / seeds.len() as f64;
        (host().job_progress)(host(), job, index, fraction, 0, 0, text("shading\0"));
        if hand_over(draw(shade, *seed), job, index, k as u32) != OK {
            return Err(failure(INTERNAL, "the host refused the picture"));
        }
    }
    Ok(())
}

// ---- The model ----

static INFO: ModelInfo = ModelInfo {
    struct_size: size::<ModelInfo>(),
    flags: MODEL_DETERMINISTIC,
    exec_modes: EXEC_SYNC,
    max_batch: 0,
    max_concurrency: 0,
    reserved: 0,
    id: text("shade\0"),
    label: text("One shade\0"),
    doc: text("Pictures of one shade, with grain.\0"),
    features: null(),
};

extern "C" fn load(_: *mut Model, _: u64, _: u64) -> Status {
    OK
}

extern "C" fn unload(_: *mut Model) -> Status {
    OK
}

extern "C" fn model_name(_: *mut Model) -> *const c_char {
    text("shade-rs\0")
}

extern "C" fn generate(_: *mut Model, requests: *const *const Request, count: u32, job: u64, _: u64) -> Status {
    for index in 0..count {
        let request = unsafe { &**requests.add(index as usize) };
        match answer(request, job, index) {
            Ok(()) => (host().job_done)(host(), job, index),
            Err(why) => (host().job_fail)(host(), job, index, &why),
        };
    }
    OK
}

extern "C" fn model_extension(_: *mut Model, _: *const c_char) -> Unused {
    null()
}

extern "C" fn destroy(model: *mut Model) {
    drop(unsafe { Box::from_raw(model) });
}

// ---- The plugin ----

extern "C" fn init(_: *const Plugin, table: *const Host, _: *const c_char, _: u64) -> Status {
    HOST.store(table as *mut Host, Ordering::Release);
    OK
}

extern "C" fn deinit(_: *const Plugin) {}

extern "C" fn model_count(_: *const Plugin) -> u32 {
    1
}

extern "C" fn model_info(_: *const Plugin, index: u32) -> *const ModelInfo {
    if index == 0 { &INFO } else { null() }
}

extern "C" fn create(_: *const Plugin, id: *const c_char, _: *const *const Pair, _: u64, error: u64) -> *mut Model {
    if !is_ours(id) {
        (host().set_error)(host(), error, &failure(NOT_FOUND, "there is one model, and it is called 'shade'"));
        return null_mut();
    }
    Box::into_raw(Box::new(Model {
        struct_size: size::<Model>(),
        reserved: 0,
        plugin_data: null_mut(),
        load,
        unload,
        model_name,
        capacity: null(),
        validate: null(),
        generate,
        submit: null(),
        cancel: null(),
        get_extension: model_extension,
        destroy,
    }))
}

extern "C" fn plugin_extension(_: *const Plugin, _: *const c_char) -> Unused {
    null()
}

static PLUGIN: Plugin = Plugin {
    struct_size: size::<Plugin>(),
    abi_minor: 0,
    min_host_minor: 0,
    flags: 0,
    plugin_data: null_mut(),
    id: text("shade-rs\0"),
    label: text("One shade, in Rust\0"),
    vendor: null(),
    version: text("1.0.0\0"),
    url: null(),
    sdk: text("rustc\0"),
    init,
    deinit,
    model_count,
    model_info,
    param_count,
    param_spec,
    create,
    get_extension: plugin_extension,
};

#[no_mangle]
pub extern "C" fn pictor_plugin_v1() -> *const Plugin {
    &PLUGIN
}

// ---- The manifest ----

const MANIFEST: &[u8] =
    b"{\"abi\": \"1.0\", \"min_host\": 0, \"id\": \"shade-rs\", \"version\": \"1.0.0\", \"label\": \"One shade, in Rust\"}";
/// With a NUL, and then up to a multiple of four.
const MANIFEST_SIZE: usize = (MANIFEST.len() + 1 + 3) & !3;

const fn padded_manifest() -> [u8; MANIFEST_SIZE] {
    let mut padded = [0; MANIFEST_SIZE];
    let mut i = 0;
    while i < MANIFEST.len() {
        padded[i] = MANIFEST[i];
        i += 1;
    }
    padded
}

#[repr(C, align(4))]
struct Note {
    name_size: u32,
    content_size: u32,
    kind: u32,
    name: [u8; 8],
    content: [u8; MANIFEST_SIZE],
}

#[used]
#[link_section = ".note.pictor"]
static NOTE: Note = Note {
    name_size: 7,
    content_size: MANIFEST_SIZE as u32,
    kind: 1,
    name: *b"Pictor\0\0",
    content: padded_manifest(),
};
