#include "run/status.hpp"
#include "run/status_metrics.hpp"
#include "run/status_text.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <sstream>

using namespace pictor::host;

namespace {

// A clock that goes when it is told to.
struct StatusClock {
  std::chrono::steady_clock::time_point now{};
  Clock clock() {
    return [this] { return now; };
  }
  void pass(int seconds) { now += std::chrono::seconds(seconds); }
};

PlanCounts counts(std::uint64_t wanted, std::uint64_t ok, std::uint64_t refused) {
  PlanCounts counts;
  counts.wanted = wanted;
  counts.outcomes[static_cast<std::size_t>(Outcome::ok)] = ok;
  counts.outcomes[static_cast<std::size_t>(Outcome::refused)] = refused;
  counts.open = wanted - ok - refused;
  return counts;
}

RunProgress half_way() {
  RunProgress progress;
  progress.counts = counts(100, 45, 5);
  progress.made = 30;
  progress.ended = 30;
  progress.seconds = 60;
  return progress;
}

SampleEnd refused(const std::string &message) {
  SampleEnd end;
  end.key = {12, 0, 0};
  end.row_id = "fox-3";
  end.outcome = Outcome::refused;
  end.failure.emplace();
  end.failure->message = message;
  return end;
}

Summary summary() {
  Summary summary;
  summary.counts = counts(100, 98, 2);
  summary.made = 30;
  summary.seconds = 90;
  summary.errors = {{Outcome::refused, "no foxes", 2, 12, "fox-3"}};
  return summary;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("progress tells how many, how fast and how long") {
  CHECK(progress_text(half_way()) == "45 of 100 images, 5 failed, 30.0/min, 1 min 40 s left");
  RunProgress nothing;
  nothing.counts = counts(1, 0, 0);
  CHECK(progress_text(nothing) == "0 of 1 image");
}

TEST_CASE("pictures beyond the limit are not waited for") {
  RunProgress progress = half_way();
  progress.counts.beyond_limit = 40;
  CHECK(progress_text(progress) == "45 of 60 images, 5 failed, 30.0/min, 20 s left");
}

TEST_CASE("durations are told in two units at most") {
  CHECK(duration_text(0.2) == "0 s");
  CHECK(duration_text(59) == "59 s");
  CHECK(duration_text(200) == "3 min 20 s");
  CHECK(duration_text(7500) == "2 h 5 min");
}

TEST_CASE("a model is told by what it does") {
  CHECK(model_text({"painter", ModelState::loading, -1, 0, 0, ""}) == "painter: loading");
  CHECK(model_text({"painter", ModelState::loading, 0.5, 0, 0, "unet"}) ==
        "painter: loading 50% unet");
  CHECK(model_text({"painter", ModelState::drawing, -1, 0, 0, ""}) == "painter: ready");
  CHECK(model_text({"painter", ModelState::drawing, -1, 3, 20, "denoising"}) ==
        "painter: step 3/20");
  CHECK(model_text({"painter", ModelState::stopped, -1, 0, 0, "wrong key"}) ==
        "painter: stopped: wrong key");
}

TEST_CASE("the summary names the counts and the most frequent errors") {
  CHECK(joined(summary_text(summary())) ==
        "30 images made in 1 min 30 s (20.0/min)\n"
        "of 100 images:\n"
        "  ok                 98\n"
        "  refused             2\n"
        "2 x refused: no foxes (such as row 12 (fox-3))\n");
}

TEST_CASE("text from prompts and plugins cannot steer a terminal") {
  const std::string line = failure_text(refused("\x1b[2Jgone\r\nreally"), "pain\x07ter");
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find('\x07') == std::string::npos);
  CHECK_THAT(line, ContainsSubstring("row 12 (fox-3)"));
}

TEST_CASE("a terminal's line never reaches the edge, however narrow") {
  for (const int columns : {20, 40, 200}) {
    std::ostringstream out;
    {
      TerminalStatus status(
          out, [columns] { return columns; }, false);
      status.progress(half_way());
    }
    std::string text = out.str();
    text.erase(text.rfind("\r\x1b[K"));  // the line is erased at the end
    const std::string line = text.substr(text.rfind("\x1b[K") + 3);
    CHECK(line.size() < static_cast<std::size_t>(columns) + 3);  // "…" has three bytes
    CHECK_THAT(line, ContainsSubstring("["));
  }
}

TEST_CASE("colour only where it is wanted") {
  for (const bool colour : {false, true}) {
    std::ostringstream out;
    TerminalStatus status(
        out, [] { return 80; }, colour);
    status.sample(refused("no foxes"), "painter");
    CHECK((out.str().find("\x1b[31m") != std::string::npos) == colour);
  }
}

TEST_CASE("other people's lines go above the bar") {
  std::ostringstream out;
  TerminalStatus status(
      out, [] { return 80; }, false);
  status.progress(half_way());
  status.print_line("a plugin speaks");
  CHECK_THAT(out.str(), ContainsSubstring("\r\x1b[Ka plugin speaks\n\r\x1b[K["));
}

TEST_CASE("a log gets a line every five seconds, no escape and no bar") {
  StatusClock time;
  std::ostringstream out;
  PlainStatus status(out, time.clock());
  status.started({"/data/foxes", {"painter"}, counts(100, 15, 0)});
  status.progress(half_way());
  time.pass(4);
  status.progress(half_way());
  time.pass(1);
  status.progress(half_way());
  CHECK(out.str() ==
        "100 images wanted in /data/foxes, 15 done before\n"
        "45 of 100 images, 5 failed, 30.0/min, 1 min 40 s left\n");

  out.str("");
  time.pass(29);
  status.progress(half_way());
  CHECK(out.str().empty());  // nothing has ended since the last line
  time.pass(1);
  status.progress(half_way());
  CHECK(!out.str().empty());
}

TEST_CASE("a log tells when a model waits and when it goes on, not when it draws") {
  std::ostringstream out;
  PlainStatus status(out);
  status.model({"painter", ModelState::drawing, -1, 0, 0, ""});
  status.model({"painter", ModelState::waiting, -1, 0, 0, "rate limited by the provider for 20 s"});
  status.model({"painter", ModelState::drawing, -1, 0, 0, "goes on"});
  status.model({"painter", ModelState::drawing, -1, 3, 8, ""});
  CHECK(out.str() == "painter: waiting: rate limited by the provider for 20 s\npainter: goes on\n");
}

TEST_CASE("programs are told that a model waits") {
  std::ostringstream out;
  JsonStatus status(out);
  status.model({"painter", ModelState::waiting, -1, 0, 0, "requests_per_day is reached"});
  const Json event = Json::parse(out.str());
  CHECK(event["event"] == "model");
  CHECK(event["state"] == "waiting");
  CHECK(event["text"] == "requests_per_day is reached");
}

TEST_CASE("a flood of failures is cut short") {
  std::ostringstream out;
  StatusClock time;
  PlainStatus status(out, time.clock());
  for (int i = 0; i < 1000; ++i) status.sample(refused("no foxes"), "painter");
  const std::string text = out.str();
  CHECK(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) ==
        max_failures_shown + 1);
  CHECK_THAT(text, ContainsSubstring("further failures are only counted"));
}

TEST_CASE("programs get one JSON object a line") {
  StatusClock time;
  std::ostringstream out;
  JsonStatus status(out, time.clock());
  status.started({"/data/foxes", {"painter"}, counts(100, 15, 0)});
  status.model({"painter", ModelState::loading, 0.5, 0, 0, "opening \xff"});
  status.sample(refused("line one\nline two"), "painter");
  time.pass(1);
  status.progress(half_way());
  status.progress(half_way());
  status.warning("odd");
  status.ended(summary());

  std::istringstream lines(out.str());
  std::string events;
  Json last;
  for (std::string line; std::getline(lines, line);) {
    last = Json::parse(line);
    events += last["event"].get<std::string>() + " ";
  }
  CHECK(events == "start model sample progress warning end ");
  CHECK(last["exit_code"] == 5);
  CHECK(last["outcomes"]["ok"] == 98);
  CHECK(last["errors"][0]["message"] == "no foxes");
}

TEST_CASE("the exit code tells the state of the dataset") {
  Summary summary;
  const auto code = [&] { return static_cast<int>(summary.exit_code()); };
  summary.counts = counts(10, 10, 0);
  CHECK(code() == 0);
  summary.counts = counts(10, 8, 2);
  CHECK(code() == 5);
  ++summary.counts.wanted;
  summary.counts.outcomes[static_cast<std::size_t>(Outcome::internal)] = 1;
  CHECK(code() == 3);
  summary.interrupted = true;
  CHECK(code() == 3);
  summary.counts.wanted += 4;
  summary.counts.open = 4;
  CHECK(code() == 130);
  summary.interrupted = false;
  summary.stopped.push_back({"painter", {}});
  CHECK(code() == 3);
  summary.stopped[0].failure.authentication = true;
  CHECK(code() == 6);
}

TEST_CASE("what --limit held back is no failure") {
  Summary summary;
  summary.counts = counts(10, 4, 0);
  summary.counts.beyond_limit = 6;
  CHECK(summary.exit_code() == ExitCode::ok);
  summary.interrupted = true;
  CHECK(summary.exit_code() == ExitCode::ok);
}

TEST_CASE("the most frequent errors come first, with the first row that had them") {
  ErrorTally tally;
  for (int i = 0; i < 3; ++i) tally.add(refused("often"));
  tally.add(refused("once"));
  for (int i = 0; i < 2; ++i) tally.add(refused("twice"));
  const auto errors = tally.most_frequent(2);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].message == "often");
  CHECK(errors[0].count == 3);
  CHECK(errors[1].message == "twice");
}

TEST_CASE("a tally of endlessly different errors stays small") {
  ErrorTally tally;
  for (int i = 0; i < 5000; ++i) tally.add(refused("request " + std::to_string(i)));
  CHECK(tally.most_frequent(10'000).size() == 1000);
}

TEST_CASE("the summary tells retries and cost when there are any, and one outcome in one line") {
  Summary all = summary();
  all.counts = counts(4, 4, 0);
  all.errors.clear();
  all.attempts = 6;
  all.retries = 2;
  all.cost_micros = 120'000;
  CHECK(joined(summary_text(all)) ==
        "30 images made in 1 min 30 s (20.0/min)\n"
        "of 4 images: 4 ok\n"
        "6 attempts, 2 of them retries\n"
        "cost $0.12\n");
}

TEST_CASE("attempts and stage times are counted by sample") {
  RunTally tally;
  SampleEnd made;
  made.outcome = Outcome::ok;
  made.attempts = 3;
  made.generate_ns = 4'000'000'000;
  tally.add(made);
  made.attempts = 1;
  made.generate_ns = 2'000'000'000;
  tally.add(made);
  Summary summary;
  tally.put_into(summary);
  CHECK(summary.attempts == 4);
  CHECK(summary.retries == 2);
  CHECK(mean_stage_seconds(summary.stages)["generate"] == 3.0);
  CHECK(mean_stage_seconds(StageTimes{}) == Json::object());
}

TEST_CASE("metrics are replaced every few seconds, escape names, and end the file") {
  const pictor::test::TempDir dir;
  StatusClock time;
  MetricsStatus status(dir / "run.prom", time.clock());
  const auto file = [&] { return pictor::test::read_file(dir / "run.prom"); };
  status.started({"/data/\"foxes\"\n", {"painter"}, counts(100, 15, 0)});
  CHECK_THAT(file(), ContainsSubstring("pictor_open{dir=\"/data/\\\"foxes\\\"\\n\"} 85\n"));
  status.sample(refused("no foxes"), "painter");
  time.pass(4);
  status.progress(half_way());
  CHECK_THAT(file(), ContainsSubstring("} 85\n"));
  time.pass(1);
  status.progress(half_way());
  CHECK_THAT(file(), ContainsSubstring("outcome=\"refused\",model=\"painter\"} 1\n"));
  CHECK_THAT(file(), ContainsSubstring("pictor_images_per_minute{dir="));
  status.ended(summary());
  CHECK(file().ends_with("# EOF\n"));
}
