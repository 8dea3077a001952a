"""How long a host's source takes to compile, beside <boost/asio.hpp> alone. Prints processor seconds and the ratio.

Usage: perf/compile_time.py [ROUNDS]; CXX and CXXFLAGS as for make."""
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent


def seconds_to_compile(source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", *shlex.split(os.environ.get("CXXFLAGS", "")),
                    "-I", TOP / "include", "-c", source, "-o", os.devnull], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sample = re.search(r"```cpp\n(.*?)```", (TOP / "README.md").read_text(), re.DOTALL).group(1)
    texts = {"asio": "#include <boost/asio.hpp>\n", "database": "#include <carrel/database.hpp>\n", "sample": sample}
    with tempfile.TemporaryDirectory() as directory:
        sources = {name: pathlib.Path(directory, name + ".cpp") for name in texts}
        for name, source in sources.items():
            source.write_text(texts[name])
        # In turn; the least of each, since what else the machine does only adds.
        taken = {name: [] for name in texts}
        for _ in range(rounds):
            for name, source in sources.items():
                taken[name].append(seconds_to_compile(source))
    least = {name: min(each) for name, each in taken.items()}
    print("boost/asio.hpp %.2f s, carrel/database.hpp %.2f s, README's host %.2f s: %.2f of boost/asio.hpp"
          % (least["asio"], least["database"], least["sample"], least["sample"] / least["asio"]))


main()
