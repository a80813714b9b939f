"""A plugin that shares no line with the SDK."""

import shutil
import unittest

from plugin_trial import LINK, ToolchainTrial
from workspace import SOURCE


class Rust(ToolchainTrial):
    @classmethod
    def setUpClass(cls):
        if shutil.which("rustc") is None:
            raise unittest.SkipTest("there is no rustc")
        super().setUpClass()
        cls.build("shade-rs", "rustc", "--edition", "2021", "--crate-type", "cdylib", "-C", "panic=abort",
                  "-C", "opt-level=1", "-C", "strip=symbols", "-C", f"link-arg={LINK}",
                  SOURCE / "tests/plugins/rust/shade.rs")

    def test_it_keeps_the_contract(self):
        self.assert_keep_the_contract({self.plugin: {"life.secrets"}}, warned={"draw.memory"})  # Rust gives up

    def test_it_draws(self):
        records = self.draw_everywhere(self.plugin, "a fox", "an owl", kwargs="shade: 200")
        self.assertEqual([record["finish_reason"] for record in records.values()], ["drawn in Rust"] * 2)
