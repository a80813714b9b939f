//! The structs of abi.h 1.0 by hand, as far as the plugin beside this file needs them.

use std::os::raw::{c_char, c_void};
use std::ptr::null;

pub type Status = i32;
pub const OK: Status = 0;
pub const CANCELLED: Status = 1;
pub const NOT_FOUND: Status = 4;
pub const INTERNAL: Status = 15;
pub const TYPE_INT: i32 = 2;
pub const SCOPE_REQUEST: i32 = 2;
pub const PARAM_HAS_MIN: u32 = 1 << 4;
pub const PARAM_HAS_MAX: u32 = 1 << 5;
pub const IMAGE_RAW: i32 = 2;
pub const PIXEL_U8: i32 = 1;
pub const EXEC_SYNC: u32 = 1;
pub const MODEL_DETERMINISTIC: u32 = 1 << 2;

/// A member that this plugin passes over.
pub type Unused = *const c_void;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub data: *const u8,
    pub size: u64,
}

impl Str {
    pub const NONE: Str = Str { data: null(), size: 0 };
    pub const fn of(text: &str) -> Str {
        Str { data: text.as_ptr(), size: text.len() as u64 }
    }
}

#[repr(C)]
pub struct Value {
    pub struct_size: u32,
    pub kind: i32,
    pub i64_: i64,
    pub f64_: f64,
    pub text: Str,
    pub bytes: Str,
    pub strings: Unused,
    pub string_count: u64,
    pub numbers: Unused,
    pub number_count: u64,
    pub items: Unused,
    pub item_count: u64,
}

#[repr(C)]
pub struct Pair {
    pub struct_size: u32,
    pub reserved: u32,
    pub key: *const c_char,
    pub value: *const Value,
}

#[repr(C)]
pub struct ParamSpec {
    pub struct_size: u32,
    pub kind: i32,
    pub scope: i32,
    pub flags: u32,
    pub id: *const c_char,
    pub label: *const c_char,
    pub doc: *const c_char,
    pub unit: *const c_char,
    pub env: *const c_char,
    pub default_value: *const Value,
    pub min_value: f64,
    pub max_value: f64,
    pub step: f64,
    pub aliases: Unused,
    pub choices: Unused,
    pub choice_count: u64,
    pub max_bytes: u64,
}

#[repr(C)]
pub struct Failure {
    pub struct_size: u32,
    pub status: Status,
    pub flags: u32,
    pub http_status: i32,
    pub retry_after_ms: i64,
    pub message: Str,
    pub provider_code: Str,
    pub provider_request_id: Str,
    pub param_id: Str,
    pub details_json: Str,
}

#[repr(C)]
pub struct Request {
    pub struct_size: u32,
    pub image_count: u32,
    pub seeds: *const u64,
    pub prompt: Str,
    pub params: *const *const Pair,
    pub param_count: u64,
    pub checkpoint: Str,
    pub trace_id: Str,
    pub preview_every: u32,
    pub flags: u32,
    pub timeout_ms: i64,
}

#[repr(C)]
pub struct Image {
    pub struct_size: u32,
    pub kind: i32,
    pub data: *const u8,
    pub size: u64,
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub pixel_type: i32,
    pub stride_y: u64,
    pub stride_x: u64,
    pub stride_c: u64,
    pub media_type: *const c_char,
    pub release: extern "C" fn(*mut c_void, *const c_void),
    pub release_ctx: *mut c_void,
}

#[repr(C)]
pub struct ImageMeta {
    pub struct_size: u32,
    pub image_index: u32,
    pub flags: u32,
    pub cost_currency: [u8; 4],
    pub seed: u64,
    pub cost_micros: i64,
    pub queue_ns: i64,
    pub compute_ns: i64,
    pub transfer_ns: i64,
    pub finish_reason: Str,
    pub revised_prompt: Str,
    pub provider_request_id: Str,
    pub model_version: Str,
    pub extra: Unused,
    pub extra_count: u64,
}

#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub ctx: *mut c_void,
    pub name: *const c_char,
    pub version: *const c_char,
    pub get_extension: Unused,
    pub log_enabled: Unused,
    pub log: Unused,
    pub now_ns: Unused,
    pub set_error: extern "C" fn(*const Host, u64, *const Failure),
    pub secret_read: Unused,
    pub job_cancelled: extern "C" fn(*const Host, u64) -> i32,
    pub job_progress: extern "C" fn(*const Host, u64, u32, f64, u32, u32, *const c_char) -> Status,
    pub job_image: extern "C" fn(*const Host, u64, u32, *const Image, *const ImageMeta) -> Status,
    pub job_checkpoint: Unused,
    pub job_checkpoints: Unused,
    pub job_done: extern "C" fn(*const Host, u64, u32) -> Status,
    pub job_fail: extern "C" fn(*const Host, u64, u32, *const Failure) -> Status,
}

#[repr(C)]
pub struct ModelInfo {
    pub struct_size: u32,
    pub flags: u32,
    pub exec_modes: u32,
    pub max_batch: u32,
    pub max_concurrency: u32,
    pub reserved: u32,
    pub id: *const c_char,
    pub label: *const c_char,
    pub doc: *const c_char,
    pub features: Unused,
}

#[repr(C)]
pub struct Model {
    pub struct_size: u32,
    pub reserved: u32,
    pub plugin_data: *mut c_void,
    pub load: extern "C" fn(*mut Model, u64, u64) -> Status,
    pub unload: extern "C" fn(*mut Model) -> Status,
    pub model_name: extern "C" fn(*mut Model) -> *const c_char,
    pub capacity: Unused,
    pub validate: Unused,
    pub generate: extern "C" fn(*mut Model, *const *const Request, u32, u64, u64) -> Status,
    pub submit: Unused,
    pub cancel: Unused,
    pub get_extension: extern "C" fn(*mut Model, *const c_char) -> Unused,
    pub destroy: extern "C" fn(*mut Model),
}

#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub flags: u32,
    pub plugin_data: *mut c_void,
    pub id: *const c_char,
    pub label: *const c_char,
    pub vendor: *const c_char,
    pub version: *const c_char,
    pub url: *const c_char,
    pub sdk: *const c_char,
    pub init: extern "C" fn(*const Plugin, *const Host, *const c_char, u64) -> Status,
    pub deinit: extern "C" fn(*const Plugin),
    pub model_count: extern "C" fn(*const Plugin) -> u32,
    pub model_info: extern "C" fn(*const Plugin, u32) -> *const ModelInfo,
    pub param_count: extern "C" fn(*const Plugin, *const c_char) -> u32,
    pub param_spec: extern "C" fn(*const Plugin, *const c_char, u32) -> *const ParamSpec,
    pub create: extern "C" fn(*const Plugin, *const c_char, *const *const Pair, u64, u64) -> *mut Model,
    pub get_extension: extern "C" fn(*const Plugin, *const c_char) -> Unused,
}

// Their texts are literals.
unsafe impl Sync for Value {}
unsafe impl Sync for ParamSpec {}
unsafe impl Sync for ModelInfo {}
unsafe impl Sync for Plugin {}

/// The `struct_size` of a T.
pub const fn size<T>() -> u32 {
    std::mem::size_of::<T>() as u32
}

/// A literal that ends with "\0".
pub const fn text(literal: &'static str) -> *const c_char {
    literal.as_ptr() as *const c_char
}
