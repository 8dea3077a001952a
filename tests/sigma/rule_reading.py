"""Runs this reader and pySigma over texts of rules."""
import json
import pathlib
import subprocess
import tarfile

COMPARED = ("kind", "title", "id", "level", "status", "date", "author", "description", "tags", "references", "falsepositives",
            "logsource")


def unpack(archive, folder):
    """The rules of an archive, as files."""
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile() and member.name.endswith(".yml"):
                target = pathlib.Path(folder) / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.extractfile(member).read())
    return sorted(str(path) for path in pathlib.Path(folder).rglob("*.yml"))


def read_with(command, files, timeout=300):
    """What a program says of each file, by its name."""
    done = subprocess.run(command, input="".join(f"{name}\n" for name in files), capture_output=True, text=True,
                          timeout=timeout, check=True)
    return {each["file"]: each for each in map(json.loads, done.stdout.splitlines())}


def difference(ours, theirs):
    """The first thing that two readings do not agree on; nothing if there is none."""
    if ("faults" in ours) != ("error" in theirs):
        return f"we say {ours.get('faults', 'a rule')}, pySigma says {theirs.get('error', 'a rule')}"
    if "faults" in ours:
        return None
    for part in COMPARED:
        if ours[part] != theirs[part]:
            return f"{part}: {ours[part]!r} is {theirs[part]!r} for pySigma"
    return None
