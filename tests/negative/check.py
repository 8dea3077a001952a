"""What must not compile: each file here fails with the text after its `// expect:`, and compiles with -DPOSITIVE."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

EXPECT = "// expect: "


def run(compiler, flags, *more):
    command = [compiler, "-std=c++20", *flags, *map(str, more)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def compile_one(compiler, flags, source, *more):
    return run(compiler, flags, "-fsyntax-only", source, *more)


def precompiled(compiler, flags, sources, folder):
    """The flags that make a compilation begin with what the sources include, which is nearly all that there is to compile."""
    lines = {line for source in sources for line in source.read_text(encoding="utf-8").splitlines() if line.startswith("#include")}
    header = folder / "all.hpp"
    header.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    made = run(compiler, flags, "-x", "c++-header", header, "-o", f"{header}.gch")
    if made.returncode != 0:
        sys.exit(f"{compiler} does not compile the headers:\n{made.stdout}")
    return [*flags, "-include", str(header), "-Werror=invalid-pch"]


def complaints(compiler, flags, source):
    first = source.read_text(encoding="utf-8").splitlines()[0]
    if not first.startswith(EXPECT):
        return [f"{source.name}: the first line is not '{EXPECT}<text>'"]
    expected = first[len(EXPECT):]
    control = compile_one(compiler, flags, source, "-DPOSITIVE")
    if control.returncode != 0:
        return [f"{source.name}: the positive control does not compile with {compiler}:\n{control.stdout}"]
    refused = compile_one(compiler, flags, source)
    if refused.returncode == 0:
        return [f"{source.name}: compiles with {compiler}"]
    if expected not in refused.stdout:
        return [f"{source.name}: {compiler} does not say '{expected}':\n{refused.stdout}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", action="append", required=True)
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("sources", nargs="*", type=pathlib.Path)
    asked = parser.parse_args()
    sources = asked.sources or sorted(pathlib.Path(__file__).parent.glob("*.cpp"))
    found = []
    for compiler in dict.fromkeys(asked.compiler):
        with tempfile.TemporaryDirectory() as folder:
            flags = precompiled(compiler, asked.flag, sources, pathlib.Path(folder))
            for source in sources:
                found += complaints(compiler, flags, source)
    print("\n".join(found) or f"{len(sources)} files, as expected")
    return 1 if found or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
