#!/usr/bin/env python3
"""Compares two commits by the instructions that a request costs the server, which callgrind counts: repeatable to a part of
a percent on a machine that does other things meanwhile.

    perf/compare.py BASE HEAD      two commits
    perf/compare.py BASE           a commit and the working tree
    perf/compare.py --self-check   the working tree with itself, and with work added that must be noticed

What was built for a commit is kept under build/perf/compare. Exit status: 0 compared, 1 the self-check failed, 2 nothing
could be compared."""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True  # nothing is left in the tree
sys.path.insert(0, str(ROOT / "perf/micro"))
import callgrind  # noqa: E402

KEPT = ROOT / "build/perf/compare"
HARNESS = [ROOT / each for each in
           ("perf/micro/instructions.cpp", "perf/micro/instructions.cmake", "tests/support/raw_client.hpp")]
REQUESTS = {"point": 2_000, "list": 200, "post": 1_000}
NOISE_MAX = 0.01  # a difference up to here may mean nothing


def fail(why, output=""):
    print(*output.splitlines()[-30:], sep="\n", file=sys.stderr)
    print(f"compare.py: {why}", file=sys.stderr)
    sys.exit(2)


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def build(source, directory, what):
    """Builds the harness of this tree on the server of `source`. Of this tree also if the commit has one of its own: only
    then do both sides get the same requests. An older commit may lack what it asks for; then nothing can be compared."""
    def run(command, why):
        done = subprocess.run(["nice", "-n", "10", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            fail(f"{what}: {why}", done.stdout)

    print(f"building {what}", file=sys.stderr)
    run(["cmake", "-S", source, "-B", directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCARREL_BUILD_TESTS=OFF",
         "-DCARREL_BUILD_PERF=OFF", f"-DCMAKE_PROJECT_carrel_INCLUDE={HARNESS[1]}"], "does not configure")
    run(["cmake", "--build", directory, "--target", "carrel_http"], "the server does not build")
    run(["cmake", "--build", directory, "--target", "micro_instructions"],
        "the harness (perf/micro/instructions.cpp of this tree) does not compile there")
    return directory / "micro_instructions"


def program_of_commit(name):
    commit = git("rev-parse", "--verify", name + "^{commit}")
    harness = hashlib.sha256(b"".join(each.read_bytes() for each in HARNESS)).hexdigest()[:12]
    kept = KEPT / commit / f"micro_instructions-{harness}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="carrel-compare-") as temporary:
            tree = pathlib.Path(temporary) / "tree"
            git("worktree", "add", "--detach", str(tree), commit)
            try:
                made = build(tree, pathlib.Path(temporary) / "build", name)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(made, kept)
            finally:
                git("worktree", "remove", "--force", str(tree))
    return kept


def program_of_working_tree():
    return build(ROOT, KEPT / "working-tree", "the working tree")


def count(program, kind, asked, waste=0):
    """The median of some runs. One may stand out: a writer that the machine leaves idle for long enough checkpoints at
    another moment."""
    runs = [count_once(program, kind, requests_of(kind, asked), waste) for _ in range(asked.rounds)]
    return sorted(runs, key=lambda run: run.total)[len(runs) // 2]


def requests_of(kind, asked):
    return asked.requests or REQUESTS[kind]


def count_once(program, kind, requests, waste):
    """What callgrind counted of `requests` requests, those that warm up not among them."""
    with tempfile.NamedTemporaryFile(prefix="carrel-callgrind-") as out:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--quiet", "--instr-atstart=no", f"--callgrind-out-file={out.name}", program,
             "--kind", kind, "--requests", str(requests), "--waste", str(waste)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            fail(f"{kind}: the run under callgrind failed", done.stdout)
        found = callgrind.read(out.name)
    if found.total == 0:
        fail(f"{kind}: nothing was counted")
    return found


def changed_most(base, head, requests, how_many):
    """Functions by the change of their own instructions a request, inlined callees included."""
    names = base.own.keys() | head.own.keys()
    changes = [((head.own.get(name, 0) - base.own.get(name, 0)) / requests, name) for name in names]
    return sorted(changes, key=lambda each: -abs(each[0]))[:how_many]


def change(base, head):
    return (head.total - base.total) / base.total


def compare(base, head, kinds, asked):
    print(f"{'kind':<8}{'requests':>10}{'base':>14}{'head':>14}{'change':>10}   instructions a request")
    details = []
    for kind in kinds:
        requests = requests_of(kind, asked)
        was, is_now = count(base, kind, asked), count(head, kind, asked)
        print(f"{kind:<8}{requests:>10,}{was.total / requests:>14,.0f}{is_now.total / requests:>14,.0f}"
              f"{change(was, is_now):>+10.2%}", flush=True)
        details.append((kind, changed_most(was, is_now, requests, asked.functions)))
    for kind, changes in details:
        print(f"\n{kind}: functions whose own instructions a request changed most")
        for difference, name in changes:
            if abs(difference) >= 1:
                print(f"{difference:>+12,.0f}  {callgrind.shortened(name)}")


def self_check(program, kinds, asked):
    """Two counts must agree, and one of a server that does more must not agree with them."""
    failed = False
    for kind in kinds:
        requests = requests_of(kind, asked)
        first, second = count(program, kind, asked), count(program, kind, asked)
        turns = first.total // requests // 100  # of a loop of two or three instructions: as many per cent
        wasteful = count(program, kind, asked, waste=turns)
        noise, noticed = change(first, second), change(first, wasteful)
        culprit = changed_most(first, wasteful, requests, 1)[0][1]
        is_right = abs(noise) < NOISE_MAX and noticed > NOISE_MAX and "waste" in culprit
        print(f"{kind:<8}{first.total / requests:>12,.0f} instructions a request, again {noise:+.3%}; with {turns:,} turns of "
              f"a loop more {noticed:+.2%}, most of it in {callgrind.shortened(culprit)}: {'ok' if is_right else 'FAILED'}",
              flush=True)
        failed |= not is_right
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", metavar="BASE")
    parser.add_argument("head", nargs="?", metavar="HEAD", help="default: the working tree")
    parser.add_argument("--kind", action="append", choices=REQUESTS, help="may be given again; default: all")
    parser.add_argument("--requests", type=int, help=f"counted in each run; default: {REQUESTS}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--functions", type=int, default=8, help="how many to print of each kind")
    parser.add_argument("--self-check", action="store_true")
    asked = parser.parse_args()
    if asked.self_check == (asked.base is not None):
        parser.error("give a commit, or --self-check")
    if shutil.which("valgrind") is None:
        fail("valgrind is missing: scripts/install-deps perf")
    kinds = asked.kind or list(REQUESTS)
    if asked.self_check:
        sys.exit(self_check(program_of_working_tree(), kinds, asked))
    base = program_of_commit(asked.base)
    head = program_of_commit(asked.head) if asked.head else program_of_working_tree()
    compare(base, head, kinds, asked)


if __name__ == "__main__":
    main()
