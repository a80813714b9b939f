#include "check/junit.hpp"
#include "support/catch.hpp"

using namespace pictor::host::check;

TEST_CASE("A report counts its cases and keeps to XML") {
  const Check *first = &checks()[0], *second = &checks()[1], *third = &checks()[2];
  Result failed, crashed;
  failed.verdict = Verdict::fail;
  failed.findings = {"a < b & \"c\"", "and more"};
  crashed.verdict = Verdict::crash;
  crashed.reason = "Segmentation fault";
  crashed.last_call = "generate of model '<m>'";
  crashed.said = "assert(x > 0)";
  const std::string report =
      junit_report("fox.pictor.so", {{first, {}}, {second, failed}, {third, crashed}});
  CHECK_THAT(report, ContainsSubstring("tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\""));
  CHECK_THAT(report, ContainsSubstring("a &lt; b &amp; &quot;c&quot;; and more"));
  CHECK_THAT(report, ContainsSubstring("Segmentation fault in generate of model"));
  CHECK_THAT(report, ContainsSubstring("assert(x &gt; 0)"));
}
