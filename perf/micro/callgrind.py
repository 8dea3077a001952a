"""Reads what callgrind wrote."""
import collections
import pathlib
import re

NAMED = re.compile(r"^(c?)(ob|fn)=\((\d+)\)(?: (.*))?$")
COST = re.compile(r"^(?:[+-]?\d+|\*) (\d+)$")
ADDRESS = re.compile(r"^0x[0-9a-f]+$")


class Counted:
    """Instructions in all, and those that each function ran itself."""

    def __init__(self):
        self.total = 0
        self.own = collections.Counter()


def read(path):
    found = Counted()
    names = {"ob": {}, "fn": {}}
    at = {"ob": "", "fn": ""}
    is_of_call = False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            if cost := COST.match(line):
                if not is_of_call:  # what a call cost stands with the function called as well
                    found.own[_shown(at["fn"], at["ob"])] += int(cost[1])
                is_of_call = False
            elif name := NAMED.match(line):
                of_callee, kind, number, text = name.groups()
                if text is not None:
                    names[kind][number] = text
                if not of_callee:
                    at[kind] = names[kind][number]
            elif line.startswith("calls="):
                is_of_call = True
            elif line.startswith("totals:"):
                found.total = int(line.split()[1])
    return found


def _shown(function, where):
    if ADDRESS.match(function):  # an address says nothing in another build
        return "(no name) in " + pathlib.PurePath(where).name
    return re.sub(r"'\d+$", "", function)  # callgrind numbers the levels of a recursion


def shortened(name, length_max=110):
    return name if len(name) <= length_max else name[:length_max - 1] + "…"
