#include "hostile_plugin.hpp"

#include "hostile_bytes.hpp"
#include "hostile_calls.hpp"

#include <cstring>
#include <memory>
#include <optional>

namespace pictor::test {

namespace {

constexpr std::uint32_t many = 5'000;

struct Hostile {
  HostileBytes bytes;
  HostileMemory memory{bytes};
  HostileCalls calls{bytes, memory};

  Hostile(const std::uint8_t *data, std::size_t size) : bytes(data, size) {}
};

// Made anew for each input.
std::unique_ptr<Hostile> hostile;

HostileBytes &bytes() {
  return hostile->bytes;
}
HostileMemory &memory() {
  return hostile->memory;
}

pictor_status some_status() {
  return bytes().once_in(4) ? static_cast<pictor_status>(bytes().below(20)) - 1 : PICTOR_OK;
}

// A function, or NULL now and then.
template <class Function>
Function *mostly(Function *function) {
  return bytes().once_in(64) ? nullptr : function;
}

// ---- The model

pictor_status load(pictor_model *, pictor_job job, pictor_error_sink error) noexcept {
  hostile->calls.perform(job, 1, error);
  return some_status();
}
pictor_status unload(pictor_model *) noexcept {
  return some_status();
}
const char *model_name(pictor_model *) noexcept {
  return memory().text("hostile-1");
}
pictor_status validate(pictor_model *, const pictor_request *request,
                       pictor_error_sink error) noexcept {
  hostile->calls.read(*request);
  hostile->calls.perform(hostile->calls.any_job(), 1, error);
  return some_status();
}
pictor_status generate(pictor_model *, const pictor_request *const *requests, uint32_t count,
                       pictor_job job, pictor_error_sink error) noexcept {
  for (uint32_t i = 0; i < count; ++i) hostile->calls.read(*requests[i]);
  hostile->calls.perform_at_once(job, count, error);
  return some_status();
}
void cancel(pictor_model *, pictor_job job, uint32_t) noexcept {
  hostile->calls.perform(job, 1, 0);
}
const void *model_extension(pictor_model *, const char *) noexcept {
  return nullptr;
}
void destroy(pictor_model *) noexcept {}
void capacity(pictor_model *, pictor_capacity *out) noexcept {
  out->flags = static_cast<uint32_t>(bytes().number());
  out->max_batch = static_cast<uint32_t>(bytes().number());
  out->max_concurrency = static_cast<uint32_t>(bytes().number());
  out->wanted_concurrency = static_cast<uint32_t>(bytes().number());
  out->struct_size = static_cast<uint32_t>(bytes().number());
}

// ---- The plugin

pictor_status init(const pictor_plugin *, const pictor_host *host, const char *,
                   pictor_error_sink error) noexcept {
  hostile->calls.meet(host);
  hostile->calls.perform(hostile->calls.any_job(), 1, error);
  return some_status();
}
void deinit(const pictor_plugin *) noexcept {}
uint32_t model_count(const pictor_plugin *) noexcept {
  return bytes().once_in(32) ? static_cast<uint32_t>(bytes().number()) : 1 + bytes().below(2);
}

const pictor_model_info *model_info(const pictor_plugin *, uint32_t index) noexcept {
  if (bytes().once_in(32)) return nullptr;
  pictor_model_info info{};
  info.struct_size = memory().struct_size(sizeof info);
  info.flags = static_cast<uint32_t>(bytes().number()) & ~PICTOR_MODEL_NEEDS_GPU;
  info.exec_modes =
      bytes().once_in(16) ? static_cast<uint32_t>(bytes().number()) : 1 + bytes().below(3);
  info.max_batch = static_cast<uint32_t>(bytes().number());
  info.max_concurrency = static_cast<uint32_t>(bytes().number());
  info.id = memory().text(index == 0 ? "first" : "second");
  info.label = memory().text("Hostile");
  info.doc = memory().text("Does what it wants.");
  info.features = memory().texts();
  return memory().keep(info);
}

uint32_t param_count(const pictor_plugin *, const char *) noexcept {
  return bytes().once_in(32) ? static_cast<uint32_t>(bytes().number()) : bytes().below(4);
}

const pictor_choice *const *choices(uint64_t &count) {
  if (bytes().once_in(16)) {
    count = bytes().number();
    return nullptr;
  }
  count = bytes().once_in(32) ? many : 1 + bytes().below(3);
  static const char *const names[] = {"euler", "ddim", "heun"};
  std::vector<const pictor_choice *> list;
  for (uint64_t i = 0; i < count; ++i) {
    if (bytes().once_in(32)) {
      list.push_back(nullptr);
      continue;
    }
    pictor_choice choice{};
    choice.struct_size = memory().struct_size(sizeof choice);
    choice.value = memory().text(names[i % 3]);
    choice.label = memory().text("A choice");
    choice.aliases = memory().texts();
    list.push_back(memory().keep(choice));
  }
  return memory().keep(list)->data();
}

const pictor_param_spec *param_spec(const pictor_plugin *, const char *, uint32_t index) noexcept {
  if (bytes().once_in(32)) return nullptr;
  static const char *const ids[] = {"steps", "strength", "scheduler", "model", "api_key", "tags"};
  pictor_param_spec spec{};
  spec.struct_size = memory().struct_size(sizeof spec);
  spec.type = static_cast<pictor_type>(bytes().below(15));
  spec.scope = static_cast<pictor_scope>(bytes().once_in(32) ? 7 : 1 + bytes().below(2));
  spec.flags = static_cast<uint32_t>(bytes().once_in(2) ? bytes().number() : 0);
  const bool same = bytes().once_in(16);
  spec.id = memory().text(same ? "steps" : ids[index % 6]);
  spec.label = memory().text("Steps");
  spec.doc = memory().text("How many.");
  spec.unit = memory().text("px");
  spec.env = bytes().once_in(4) ? memory().text("PICTOR_FUZZ_NOTHING") : nullptr;
  if (bytes().once_in(2)) spec.default_value = memory().value(spec.type);
  spec.min_value = bytes().real();
  spec.max_value = bytes().real();
  spec.step = bytes().once_in(4) ? bytes().real() : 0;
  spec.aliases = memory().texts();
  if (spec.type == PICTOR_TYPE_ENUM || bytes().once_in(16))
    spec.choices = choices(spec.choice_count);
  spec.max_bytes = bytes().number();
  return memory().keep(spec);
}

pictor_model *create(const pictor_plugin *, const char *, const pictor_kv *const *config,
                     uint64_t count, pictor_error_sink error) noexcept {
  hostile->calls.read(config, count);
  hostile->calls.perform(hostile->calls.any_job(), 1, error);
  if (bytes().once_in(32)) return nullptr;
  pictor_model model{};
  model.struct_size = memory().struct_size(sizeof model);
  model.load = mostly(load);
  model.unload = mostly(unload);
  model.model_name = mostly(model_name);
  model.validate = mostly(validate);
  model.generate = mostly(generate);
  model.submit = mostly(generate);
  model.cancel = mostly(cancel);
  model.get_extension = mostly(model_extension);
  model.destroy = mostly(destroy);
  model.capacity = mostly(capacity);
  return memory().keep(model);
}

const void *extension(const pictor_plugin *, const char *) noexcept {
  return nullptr;
}

}  // namespace

const pictor_plugin *hostile_plugin(const std::uint8_t *data, std::size_t size) {
  hostile = std::make_unique<Hostile>(data, size);
  if (bytes().once_in(64)) return nullptr;
  pictor_plugin table{};
  table.struct_size = memory().struct_size(sizeof table);
  table.abi_minor = static_cast<uint32_t>(bytes().once_in(16) ? bytes().number() : 0);
  table.min_host_minor = static_cast<uint32_t>(bytes().once_in(32) ? bytes().number() : 0);
  table.id = memory().text("hostile");
  table.label = memory().text("Hostile");
  table.vendor = memory().text("nobody");
  table.version = memory().text("1.0");
  table.url = memory().text("https://example.org");
  table.sdk = memory().text("none");
  table.init = mostly(init);
  table.deinit = mostly(deinit);
  table.model_count = mostly(model_count);
  table.model_info = mostly(model_info);
  table.param_count = mostly(param_count);
  table.param_spec = mostly(param_spec);
  table.create = mostly(create);
  table.get_extension = mostly(extension);
  return memory().keep(table);
}

void end_hostile_threads() {
  hostile->calls.join();
}

int pixels_held() {
  return HostileCalls::held();
}

}  // namespace pictor::test
