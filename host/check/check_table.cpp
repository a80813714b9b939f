#include "check/check.hpp"
#include "check/draw_checks.hpp"
#include "check/elf_checks.hpp"
#include "check/life_checks.hpp"
#include "check/load_checks.hpp"
#include "check/metadata_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host::check {

namespace {

constexpr std::array table = {
    Check{"elf.fits",
          "The file is a shared library for this machine, needs no library that is missing, and "
          "nobody else can write to it.",
          elf_fits},
    Check{"elf.exports",
          "It exports pictor_plugin_v1 and nothing else, because another plugin's code binds to "
          "whatever else it exports.",
          elf_exports},
    Check{"elf.undefined",
          "Every symbol that it uses is found when it is loaded; one that is missing would end the "
          "host when it is called.",
          elf_undefined},
    Check{"elf.manifest",
          "The note tells what the file is without running it, and says the same as the table.",
          elf_manifest},
    Check{"elf.hardening",
          "Neither an executable stack nor code that is rewritten, which would take these "
          "protections from the whole host; never unloaded; no folder of this machine alone.",
          elf_hardening},
    Check{"elf.baseline",
          "It wants no newer C and C++ libraries than Debian 12 has, because it would not load on "
          "older systems than the one that built it.",
          elf_baseline},
    Check{"load.table",
          "Every struct says its size and holds every function that it must, because the host "
          "calls them without asking.",
          load_table},
    Check{"load.extensions",
          "An extension that it does not know is NULL: a later host asks for ones of which nobody "
          "knows today.",
          load_extensions},
    Check{"load.process-state",
          "Signals, the terminate handler, locale, folder, umask, environment and arithmetic stay "
          "as they are: they belong to the host and to every other plugin.",
          load_process_state},
    Check{"load.silent",
          "Nothing is written to stdout or stderr, which programs read; what there is to say goes "
          "through the host's log.",
          load_silent},
    Check{"load.host-end",
          "Nothing is read beyond the host's table, whose size is that of the host's own minor.",
          load_host_end},
    Check{"load.host-grown",
          "A larger table of a later host works, and what is in it beyond the known fields is not "
          "looked at.",
          load_host_grown},
    Check{"metadata.texts",
          "Ids are [a-z0-9._-]+ and differ, texts are UTF-8 and not empty: users type and read "
          "them.",
          metadata_texts},
    Check{"metadata.edges",
          "Past the end and for an unknown model there is NULL, so that a mistyped name is an "
          "error and not another model.",
          metadata_edges},
    Check{"metadata.stable",
          "The metadata is the same before init, after load and from several threads at once: the "
          "host reads it once and keeps it.",
          metadata_stable},
    Check{"metadata.specs",
          "Parameters have a type, bounds, default and choices that agree, a doc that explains "
          "them, and the types of the well-known names.",
          metadata_specs},
    Check{"life.create",
          "create and destroy leave no thread and no descriptor behind: a long run makes many.",
          life_create},
    Check{"life.order",
          "load twice, unload twice and destroy while loaded are fine, as the host does when work "
          "is interrupted.",
          life_order},
    Check{"life.threads",
          "Each call may come on another thread than the one before: the host has a pool of them.",
          life_threads},
    Check{"life.cancel",
          "cancel is harmless before, during and after load, and a cancelled load can be loaded "
          "again.",
          life_cancel},
    Check{"life.refusals",
          "A value that the parameter's own declaration forbids ends in a picture or in a refusal "
          "with its reason, never in a crash.",
          life_refusals},
    Check{"life.secrets",
          "A secret's value appears in no log, reason, name or metadata: those are stored and "
          "shown.",
          life_secrets},
    Check{"life.deinit",
          "After the last destroy and deinit the process goes on, and the metadata stays readable.",
          life_deinit},
    Check{"life.exit", "The process ends well afterwards: static destructors run after main.",
          life_exit},
    Check{"draw.picture",
          "The smallest request gets every picture it asks for, whole, and of the size that was "
          "asked for and told.",
          draw_picture},
    Check{"draw.terminal",
          "Each request gets exactly one end, and nothing comes after it: the host waits for it, "
          "and bills by it.",
          draw_terminal},
    Check{"draw.pixels",
          "Pixels are numbers inside their buffer, files are what they are called, and both stay "
          "as they are until release, which may come late and from anywhere.",
          draw_pixels},
    Check{"draw.seeds",
          "What says DETERMINISTIC draws one picture for one seed, alone or beside others, so that "
          "a dataset can be made again.",
          draw_seeds},
    Check{"draw.progress",
          "Progress is between 0 and 1 and previews come only when asked for: people watch them.",
          draw_progress},
    Check{"draw.cancel",
          "Cancelled anywhere, a request ends as cancelled or done, and the model draws on.",
          draw_cancel},
    Check{"draw.prompts",
          "Any text is drawn or refused with a reason: prompt files hold everything.",
          draw_prompts},
    Check{"draw.extremes",
          "The ends of every parameter's range work or are refused with a reason (size and steps "
          "only at the small end, for the time it takes).",
          draw_extremes},
    Check{"draw.batch", "Each request of a batch is answered as it is alone.", draw_batch},
    Check{"draw.request-end",
          "Nothing is read beyond a request's struct_size, which is smaller in an older host.",
          draw_request_end},
    Check{"draw.request-grown",
          "A larger request of a later host, whose new fields are all zero, is drawn as before.",
          draw_request_grown},
    Check{"draw.refused-picture", "A request whose picture the host cannot take still ends.",
          draw_refused_picture},
    Check{"draw.memory",
          "When an allocation of its own fails, a load or a request ends as RESOURCE_EXHAUSTED and "
          "the model draws on: memory is short for a moment. (An abort is warned about.)",
          draw_memory},
    Check{"draw.provider",
          "A provider's errors and broken answers get the status that is meant for them, and it is "
          "asked once: only the host asks again.",
          draw_provider},
};

}  // namespace

bool Context::is_late() const {
  return std::chrono::steady_clock::now() - start > subject.limit / 2;
}

void Context::tell_untried(std::size_t tried, std::size_t all, std::string_view what) const {
  if (tried == all) return;
  findings.warn(fmt::format("{} of {} {} were tried in the time there was: --timeout gives more",
                            tried, all, what));
}

std::span<const Check> checks() {
  return table;
}

const Check *find_check(std::string_view id) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Check &each) { return each.id == id; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace pictor::host::check
