#include "base/core_dump.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "check/child_process.hpp"
#include "check/supervisor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <exception>

namespace pictor::host::check {

namespace {

Subject read_subject(const Json &task) {
  Subject subject;
  subject.file = task.at("file").get<std::string>();
  subject.model = task.at("model").get<std::string>();
  subject.parameters = task.at("parameters").get<std::map<std::string, std::string>>();
  subject.may_bill = task.at("may_bill").get<bool>();
  subject.in_worker = task.at("in_worker").get<bool>();
  subject.limit = std::chrono::milliseconds(task.at("limit_ms").get<std::int64_t>());
  return subject;
}

void run_check(const Check &check, const Subject &subject, Findings &findings) {
  Context context{subject, findings};
  try {
    check.run(context);
  } catch (const Skip &skip) {
    findings.skip(skip.reason);
  } catch (const Mistake &mistake) {
    findings.mistake(mistake.message);
  } catch (const std::exception &failure) {
    findings.fail(failure.what());
  }
}

}  // namespace

int child_main(const std::string &task_text) {
  forbid_core_dumps();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // What the plugin starts must not keep the channel open.
  fcntl(channel, F_SETFD, FD_CLOEXEC);
  Findings findings(channel);
  try {
    const Json task = Json::parse(task_text);
    const Check *check = find_check(task.at("check").get<std::string>());
    if (check == nullptr) return static_cast<int>(ExitCode::internal);
    run_check(*check, read_subject(task), findings);
  } catch (const Json::exception &) {
    return static_cast<int>(ExitCode::usage);  // not started by a supervisor
  }
  findings.end();
  // Only one check is about destructors; what a plugin's do is no finding of the others.
  _exit(0);
}

}  // namespace pictor::host::check
