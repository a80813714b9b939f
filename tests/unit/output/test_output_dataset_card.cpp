#include "output/dataset_card.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {

CardFacts foxes() {
  CardFacts facts;
  facts.title = "foxes";
  facts.version = "Pictor 0.1.0";
  facts.rows = 3;
  facts.seed = 42;
  facts.models.push_back({"painter",
                          "sd-v1-5",
                          "diffusion",
                          "0.1.0",
                          {{"num_inference_steps", 30}, {"scheduler", "euler_a"}}});
  facts.counts[static_cast<std::size_t>(Outcome::ok)] = 10;
  facts.counts[static_cast<std::size_t>(Outcome::maybe_billed)] = 2;
  return facts;
}

}  // namespace

TEST_CASE("the card tells how the dataset was made") {
  CHECK(dataset_card(foxes()) == R"(---
pretty_name: "foxes"
task_categories:
- text-to-image
tags:
- synthetic
- pictor
size_categories:
- n<1K
configs:
- config_name: default
  data_files:
  - split: "train"
    path: "train/**"
---

# foxes

10 pictures drawn from 3 prompts by Pictor 0\.1\.0, job seed 42.

```python
from datasets import load_dataset

dataset = load_dataset("imagefolder", data_dir=".", split="train")
```

The pictures and `metadata.jsonl` are in `train/`: the prompt is `text`, the seed and every setting have their own columns. `job.yaml` is the job that made them.

## Models

### painter

sd\-v1\-5 through the plugin diffusion 0\.1\.0.

| parameter | value |
|---|---|
| num\_inference\_steps | 30 |
| scheduler | euler\_a |

## Outcomes

12 samples were asked for.

| outcome | samples |
|---|---:|
| ok | 10 |
| maybe\_billed | 2 |

Those without a picture are in `failures.jsonl`.

)");
}

TEST_CASE("the card of shards has a configuration for each of their formats") {
  CardFacts facts = foxes();
  facts.layout = "webdataset";
  facts.extensions = {"jpg", "png"};
  CHECK_THAT(dataset_card(facts), ContainsSubstring(R"(configs:
- config_name: jpg
  data_files:
  - split: "train"
    path: "train/train-jpg-*.tar"
- config_name: png
  data_files:
  - split: "train"
    path: "train/train-png-*.tar"
---
)"));
  facts.extensions = {"png"};
  CHECK_THAT(dataset_card(facts), ContainsSubstring("- config_name: default\n"));
  CHECK_THAT(dataset_card(facts),
             ContainsSubstring(
                 R"(load_dataset("webdataset", data_files={"train": "train/train-png-*.tar"})"));
}

TEST_CASE("a license is said when it is known") {
  CardFacts facts = foxes();
  CHECK(dataset_card(facts).find("license") == std::string::npos);
  facts.license = "cc-by-4.0";
  CHECK_THAT(dataset_card(facts), ContainsSubstring("---\nlicense: \"cc-by-4.0\"\n"));
}

TEST_CASE("hostile texts cannot leave their place in the card") {
  CardFacts facts = foxes();
  facts.title = "a: \"b\"\n---\nlicense: mit";
  facts.models[0].name = "x | y\n# heading";
  facts.models[0].parameters = {{"key", "a | b\n| c"}};
  facts.example_prompts = {"<script>alert(1)</script>\n- item", "```\ncode", "[x](javascript:1)",
                           std::string(5000, 'x'), "\xFF"};
  const std::string card = dataset_card(facts);
  CHECK_THAT(card, ContainsSubstring(R"(pretty_name: "a: \"b\"\n---\nlicense: mit")"));
  CHECK_THAT(card, ContainsSubstring("| key | a \\| b\\\\n\\| c |\n"));
  CHECK_THAT(card, ContainsSubstring("- &lt;script\\>alert"));
  CHECK_THAT(card, ContainsSubstring("- \\`\\`\\`\\\\ncode\n"));
  CHECK_THAT(card, ContainsSubstring("- \\[x\\]\\(javascript\\:1\\)\n"));
  CHECK(card.find("<script>") == std::string::npos);
  CHECK(card.find(std::string(201, 'x')) == std::string::npos);
}
