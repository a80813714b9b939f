#include "check/child.hpp"

#include "base/core_dump.hpp"
#include "base/error.hpp"
#include "check/check.hpp"
#include "check/child_process.hpp"
#include "check/supervisor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <exception>

namespace pictor::host::check {

void report_as_child(const std::function<void(Findings &)> &body) {
  forbid_core_dumps();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // What the plugin starts must not keep the channel open.
  fcntl(channel, F_SETFD, FD_CLOEXEC);
  Findings findings(channel);
  try {
    body(findings);
  } catch (const Skip &skip) {
    findings.skip(skip.reason);
  } catch (const Mistake &mistake) {
    findings.mistake(mistake.message);
  } catch (const std::exception &failure) {
    findings.fail(failure.what());
  }
  findings.end();
  // Only one check is about destructors; what a plugin's do is no finding of the others.
  _exit(0);
}

int child_main(const std::string &task_text) {
  const Json task = Json::parse(task_text, nullptr, false);
  const Check *check = find_check(task.is_object() ? task.value("check", std::string()) : "");
  if (check == nullptr) return static_cast<int>(ExitCode::usage);  // not started by a supervisor
  report_as_child([&](Findings &findings) {
    const Subject subject = subject_of(task);
    Context context{subject, findings};
    check->run(context);
  });
}

}  // namespace pictor::host::check
