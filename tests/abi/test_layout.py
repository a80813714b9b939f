"""Today's layout.tsv holds every released one."""

import pathlib
import re
import unittest

from layout_growth import broken_promises, parse

HERE = pathlib.Path(__file__).resolve().parent
HEADER = HERE.parents[1] / "sdk/include/pictor/abi.h"
RELEASED = (HERE / "layout_1_0.tsv").read_text()


class Today(unittest.TestCase):
    def test_it_keeps_every_released_layout(self):
        today = (HERE / "layout.tsv").read_text()
        for released in sorted(HERE.glob("layout_1_*.tsv")):
            with self.subTest(released.name):
                self.assertEqual(broken_promises(released.read_text(), today), [])

    def test_it_tells_of_every_enumerator(self):
        bodies = re.findall(r"^enum \{(.*?)\}", HEADER.read_text(), re.DOTALL | re.MULTILINE)
        names = re.findall(r"\b(PICTOR_\w+) =", "".join(bodies))
        self.assertEqual(names, list(parse((HERE / "layout.tsv").read_text())[1]))


def relaid(struct, edit):
    """The released layout after `edit` of a struct's fields [name, size, kind], as a compiler lays it out."""
    lines = RELEASED.splitlines()
    own = [i for i, line in enumerate(lines) if line.startswith(struct + "\t")]
    fields = [[name, int(size), kind] for name, _, size, kind in (lines[i].split("\t")[1:] for i in own[:-1])]
    edit(fields)
    laid_out, offset = [], 0
    for name, size, kind in fields:
        laid_out.append(f"{struct}\t{name}\t{offset}\t{size}\t{kind}")
        offset += size
    return "\n".join(lines[:own[0]] + laid_out + [f"{struct}\t-\t{offset}"] + lines[own[-1] + 1:])


class Doctored(unittest.TestCase):
    """A check that cannot fail proves nothing."""

    def assert_broken(self, today, says):
        broken = broken_promises(RELEASED, today)
        self.assertTrue(any(says in each for each in broken), broken)

    def test_growth_is_kept(self):
        for struct in ("pictor_error", "pictor_host", "pictor_capacity"):
            grown = relaid(struct, lambda fields: fields.extend([["region", 16, "str"], ["nearness", 8, "f64"]]))
            grown += "\nPICTOR_ASLEEP\t17\npictor_region\tid\t0\t8\tother\npictor_region\t-\t8\n"
            self.assertEqual(broken_promises(RELEASED, grown), [])

    def test_a_field_among_others(self):
        self.assert_broken(relaid("pictor_choice", lambda fields: fields.insert(3, ["icon", 8, "other"])),
                           "pictor_choice: field 3")

    def test_two_fields_that_change_places(self):
        def swap(fields):
            fields[3], fields[4] = fields[4], fields[3]
        self.assert_broken(relaid("pictor_choice", swap), "pictor_choice: field 4")

    def test_a_field_with_another_name(self):
        def rename(fields):
            fields[1][0] = "flags"
        self.assert_broken(relaid("pictor_kv", rename), "pictor_kv: field 1")

    def test_a_field_that_is_gone(self):
        self.assert_broken(relaid("pictor_error", lambda fields: fields.pop()), "pictor_error had 104 bytes and has 88")

    def test_a_field_of_another_width(self):
        def widen(fields):
            fields[-2][1], fields[-2][2] = 8, "u64"
        self.assert_broken(relaid("pictor_capacity", widen), "pictor_capacity: field 4")

    def test_a_field_of_another_sign(self):
        def sign(fields):
            fields[-1][2] = "i32"
        self.assert_broken(relaid("pictor_capacity", sign), "pictor_capacity: field 5")

    def test_what_is_frozen_grows(self):
        self.assert_broken(relaid("pictor_str", lambda fields: fields.append(["hash", 8, "u64"])), "frozen")

    def test_padding_at_the_end(self):
        self.assert_broken(RELEASED.replace("pictor_capacity\t-\t24", "pictor_capacity\t-\t32"),
                           "pictor_capacity had 24 bytes and has 32")

    def test_a_struct_that_is_gone(self):
        self.assert_broken(re.sub(r"(?m)^pictor_capacity\t.*\n", "", RELEASED), "pictor_capacity is gone")

    def test_an_enumerator_with_another_value_or_none(self):
        self.assert_broken(RELEASED.replace("PICTOR_STALE\t16", "PICTOR_STALE\t17"), "PICTOR_STALE was 16 and is 17")
        self.assert_broken(RELEASED.replace("PICTOR_STALE\t16\n", ""), "PICTOR_STALE was 16 and is gone")
