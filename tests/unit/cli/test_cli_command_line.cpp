#include "base/error.hpp"
#include "cli/command_line.hpp"
#include "cli/whole_number.hpp"
#include "support/catch.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>

using namespace pictor::host;

namespace {

class Draw : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("JOB", job_, "The job file")->required();
    app.add_option("--param", parameters_, "Set it")
        ->type_name("KEY=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--limit", limit_, "At most so many")->check(whole_number(1, 1000));
    app.add_flag("--overwrite", overwrite_, "Begin anew");
  }
  ExitCode run(Console &) override { return ExitCode::ok; }

  std::string job_;
  std::vector<std::string> parameters_;
  std::uint64_t limit_ = 0;
  bool overwrite_ = false;
};

class Plain : public Command {
 public:
  void setup(CLI::App &) override {}
  ExitCode run(Console &) override { return ExitCode::ok; }
};

template <typename Kind>
std::unique_ptr<Command> make() {
  return std::make_unique<Kind>();
}

constexpr CommandEntry table[] = {
    {"draw", "Draw a job", make<Draw>},
    {"plugins list", "List", make<Plain>},
    {"plugins info", "Show", make<Draw>},
    {"config check", "Check", make<Draw>},
};
constexpr CommandGroup groups[] = {{"plugins", "Plugins", "plugins list"},
                                   {"config", "Configs", ""}};

// A parsed line and what it lives in.
struct Line {
  GlobalOptions options;
  CommandLine line{options, table, groups};
  Invocation invocation;

  explicit Line(std::vector<std::string> arguments)
      : invocation(line.parse(std::move(arguments))) {}
  const Draw &draw() const { return dynamic_cast<const Draw &>(*invocation.command); }
};

// What the user is told: "message | hint".
std::string mistake(std::vector<std::string> arguments) {
  try {
    Line line(std::move(arguments));
  } catch (const Error &error) {
    CHECK(error.code() == ExitCode::usage);
    return std::string(error.what()) + " | " + error.hint();
  }
  return "none";
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("arguments and options reach the command") {
  const Line line({"draw", "--param", "a=1", "job.yaml", "--limit", "7", "--param=b=2"});
  CHECK(line.draw().job_ == "job.yaml");
  CHECK(line.draw().parameters_ == Words{"a=1", "b=2"});
  CHECK(line.draw().limit_ == 7);
  CHECK_FALSE(line.draw().overwrite_);
}

TEST_CASE("global options stand before or after the command") {
  for (const Words &arguments : {Words{"--format", "json", "-vv", "draw", "job"},
                                 Words{"draw", "job", "-v", "--format=json", "-v"},
                                 Words{"draw", "--format", "json", "job", "-vv"}}) {
    const Line line(arguments);
    CHECK(line.options.format == Format::json);
    CHECK(line.options.verbosity() == 2);
    CHECK(line.draw().job_ == "job");
  }
  CHECK(Line({"-q", "draw", "job", "--no-color"}).options.verbosity() == -1);
  CHECK(Line({"plugins", "list", "--log-file", "x.log"}).options.log_file == "x.log");
}

TEST_CASE("a group alone means the command that stands for it") {
  const Line alone({"plugins"});
  CHECK(dynamic_cast<Plain *>(alone.invocation.command) != nullptr);
  CHECK(mistake({"config"}) == "'pictor config' needs a command | the commands are check");
}

TEST_CASE("arguments may look like commands, options and nothing at all") {
  CHECK(Line({"draw", "plugins"}).draw().job_ == "plugins");
  CHECK(Line({"draw", "--", "--limit"}).draw().job_ == "--limit");
  CHECK(Line({"draw", "--param=", "job"}).draw().parameters_ == Words{""});
  CHECK(Line({"draw", "--param=", "job"}).draw().job_ == "job");
  CHECK(Line({"draw", "--param", "-1", "job"}).draw().parameters_ == Words{"-1"});
  CHECK(Line({"draw", "--", "--param="}).draw().job_ == "--param=");
}

TEST_CASE("the last of two values of one option counts") {
  CHECK(Line({"draw", "j", "--limit", "1", "--limit", "2"}).draw().limit_ == 2);
}

TEST_CASE("a mistake is named with what was probably meant") {
  CHECK(mistake({}) == "no command is given | `pictor --help` lists the commands");
  CHECK(mistake({"drwa", "job"}) ==
        "'pictor' has no command 'drwa'; did you mean 'draw'? | the commands are draw, plugins, "
        "config");
  CHECK(mistake({"plugins", "lsit"}) ==
        "'pictor plugins' has no command 'lsit'; did you mean 'list'? | the commands are list, "
        "info");
  CHECK(mistake({"draw", "job", "--overwrit"}) ==
        "'pictor draw' has no option '--overwrit'; did you mean '--overwrite'? | `pictor draw "
        "--help` shows how it is used");
  CHECK(mistake({"draw", "job", "--fromat=json"}) ==
        "'pictor draw' has no option '--fromat'; did you mean '--format'? | `pictor draw --help` "
        "shows how it is used");
  CHECK(mistake({"draw", "job", "other"}) ==
        "'pictor draw' does not take the argument 'other' | `pictor draw --help` shows how it is "
        "used");
  CHECK(mistake({"draw"}) ==
        "'pictor draw' needs JOB: The job file | `pictor draw --help` shows how it is used");
  CHECK(mistake({"draw", "job", "--limit"}) ==
        "option '--limit' needs a value | `pictor draw --help` shows how it is used");
  CHECK(mistake({"draw", "job", "--limit", "many"}) ==
        "--limit: 'many' is not a whole number from 1 to 1000 | `pictor draw --help` shows how it "
        "is used");
  CHECK(mistake({"--format", "xml", "draw", "job"}) ==
        "--format: 'xml' is none of human, json and quiet | `pictor draw --help` shows how it is "
        "used");
}

TEST_CASE("a misspelt option is told before what is missing because of it") {
  CHECK_THAT(mistake({"draw", "--limti", "3"}), ContainsSubstring("no option '--limti'"));
}

TEST_CASE("how to show an error is known even when the rest is wrong") {
  GlobalOptions options;
  CommandLine line(options, table, groups);
  CHECK_THROWS_AS(line.parse({"draw", "--bogus", "--format", "json", "--no-color"}), Error);
  CHECK(options.format == Format::json);
  CHECK(options.no_color);
}

TEST_CASE("every command explains itself") {
  for (const CommandEntry &entry : commands()) {
    GlobalOptions options;
    CommandLine line(options);
    Words arguments;
    std::istringstream words{std::string(entry.name)};
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.emplace_back("--help");
    INFO(entry.name);
    const Invocation help = line.parse(arguments);
    CHECK(help.command == nullptr);
    CHECK_THAT(help.text, ContainsSubstring(std::string(entry.summary)));
    CHECK_THAT(help.text, ContainsSubstring("usage: pictor " + std::string(entry.name)));
    std::istringstream lines(help.text);
    for (std::string text; std::getline(lines, text);) {
      INFO(text);
      CHECK(text.size() <= 100);
    }
  }
}

TEST_CASE("--version and --help are text, not commands") {
  CHECK_THAT(Line({"--version"}).invocation.text, ContainsSubstring("plugin ABI 1."));
  const Line help({"--help"});
  CHECK(help.invocation.command == nullptr);
  CHECK_THAT(help.invocation.text, ContainsSubstring("draw"));
}
