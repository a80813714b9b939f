#!/usr/bin/env python3
"""Writes the tables of sdk/README.md that follow from abi.h and from the checks. Usage: sdk_reference.py PICTOR"""

import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
README = SOURCE / "sdk/README.md"
BEGIN, END = "<!-- generated: tests/consumer/sdk_reference.py -->\n", "<!-- end of generated -->\n"


def words(comment):
    """A comment's text on one line, safe in a table."""
    text = re.sub(r"\s*\n\s*\*?\s*", " ", comment).strip()
    return text.replace("|", "\\|").replace("<", "&lt;")


def functions(header, struct):
    """[(names, what their comment says)] of the function pointers of a struct; one comment may speak for several."""
    body = re.search(r"typedef struct %s \{(.*?)\n\} %s;" % (struct, struct), header, re.DOTALL).group(1)
    found = []
    for comment, name in re.findall(r"/\*(.*?)\*/|\(\*(\w+)\)\(", body, re.DOTALL):
        if comment:
            found.append(([], words(comment)))
        elif name != "use":
            found[-1][0].append(f"`{name}`")
    return [(", ".join(names), said) for names, said in found if names]


def enumerators(header, first):
    """[(name, value, what its comment says)] of the enum that begins with that name."""
    body = re.search(r"enum \{[^{}]*?\b%s =.*?\};" % first, header, re.DOTALL).group(0)
    return [(name, value.replace("1u << ", "1 << "), words(comment or ""))
            for name, value, comment in re.findall(r"(PICTOR_\w+) = ([^,/\n]*\w)\s*,?\s*(?:/\*(.*?)\*/)?", body, re.DOTALL)]


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] +
                     ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def checks(pictor):
    listed = subprocess.run([pictor, "plugins", "check", "--list"], check=True, capture_output=True, text=True).stdout
    return [(f"`{name}`", words(rule)) for name, rule in re.findall(r"^(\S+)\n((?:    .*\n)+)", listed, re.MULTILINE)]


def reference(pictor):
    header = (SOURCE / "sdk/include/pictor/abi.h").read_text()
    parts = []
    for title, struct in (("A plugin's functions (`pictor_plugin`)", "pictor_plugin"),
                          ("A model's functions (`pictor_model`)", "pictor_model"),
                          ("The host's functions (`pictor_host`)", "pictor_host")):
        parts += [f"### {title}\n", table(("function", "what it does"), functions(header, struct))]
    for title, first in (("Statuses", "PICTOR_OK"), ("Types of values", "PICTOR_TYPE_BOOL"),
                         ("Flags of a parameter", "PICTOR_PARAM_REQUIRED"), ("Flags of an error", "PICTOR_ERROR_RETRY_SAFE"),
                         ("Flags of a model", "PICTOR_MODEL_NEEDS_NETWORK"), ("Flags of a picture", "PICTOR_META_HAS_SEED")):
        rows = [(f"`{name}`", value, said) for name, value, said in enumerators(header, first)]
        parts += [f"### {title}\n", table(("name", "value", "means"), rows)]
    parts += ["### Checks\n", table(("check", "the rule and its reason"), checks(pictor))]
    return "\n".join(parts)


def main():
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    generated = reference(sys.argv[1])
    README.write_text(before + BEGIN + generated + END + after)


if __name__ == "__main__":
    main()
