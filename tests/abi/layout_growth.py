"""What a layout may become: two texts as abi_layout prints them, compared by the promises of abi.h."""

import collections

# Has no struct_size: nobody could tell its versions apart.
FROZEN = {"pictor_str"}

Struct = collections.namedtuple("Struct", "fields size")


def parse(text):
    """({struct: its fields in order and its size}, {enumerator: value})."""
    structs, values, fields = {}, {}, []
    for line in text.splitlines():
        words = line.split("\t")
        if len(words) == 5:
            fields.append(tuple(words[1:]))
        elif len(words) == 3:
            structs[words[0]] = Struct(fields, int(words[2]))
            fields = []
        else:
            values[words[0]] = int(words[1])
    return structs, values


def broken_promises(released, today):
    """What of the released layout is not there any more, a sentence each."""
    old_structs, old_values = parse(released)
    new_structs, new_values = parse(today)
    broken = []
    for name, old in old_structs.items():
        broken += broken_struct(name, old, new_structs.get(name))
    for name, value in old_values.items():
        if new_values.get(name) != value:
            broken.append(f"{name} was {value} and is {new_values.get(name, 'gone')}")
    return broken


def broken_struct(name, old, new):
    if new is None:
        return [f"{name} is gone"]
    broken = [f"{name}: field {i} was {was} and is {now}"
              for i, (was, now) in enumerate(zip(old.fields, new.fields)) if was != now]
    broken += [f"{name}: {was} is gone" for was in old.fields[len(new.fields):]]
    added = len(new.fields) > len(old.fields)
    if new.size < old.size or (new.size > old.size and not added):
        broken.append(f"{name} had {old.size} bytes and has {new.size}")
    if name in FROZEN and new != old:
        broken.append(f"{name} is frozen for ever and changed")
    return broken
