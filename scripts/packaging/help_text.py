"""What a program says of its commands by --help, as data."""
import dataclasses
import re
import subprocess

OPTION = re.compile(r"^  (?:(-\w),)?(--[\w-]+)(?: (?! )(.*?))?(?:\s{2,}(.*))?$")
POSITIONAL = re.compile(r"^  ([A-Z][A-Z_]*)(?: (?! )(.*?))?(?:\s{2,}(.*))?$")
COMMAND = re.compile(r"^  ([a-z][\w-]*)(?:\s+(.*))?$")
COMMAND_SECTIONS = ("Commands", "Subcommands", "Kinds")


@dataclasses.dataclass
class Option:
    name: str
    short: str
    spec: str
    text: str
    section: str

    @property
    def takes_value(self):
        return re.sub(r"\(Env:\w+\)", "", self.spec).strip() != ""

    @property
    def choices(self):
        found = re.search(r":\{([^}]*)\}", self.spec)
        return found.group(1).split(",") if found else []

    @property
    def variable(self):
        found = re.search(r"\(Env:(\w+)\)", self.spec)
        return found.group(1) if found else ""

    @property
    def names_file(self):
        ends = ("config", "cert", "key", "database", "output", "resume", "cacert", "client-ca")
        return self.takes_value and ("file" in self.name or self.name.endswith(ends))

    @property
    def names_directory(self):
        return self.takes_value and self.name.endswith(("-dir", "-directory"))


@dataclasses.dataclass
class Command:
    path: tuple
    summary: str
    usage: str = ""
    description: str = ""
    options: list = dataclasses.field(default_factory=list)
    positionals: list = dataclasses.field(default_factory=list)
    commands: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return self.path[-1]

    @property
    def takes_files(self):
        return "FILE" in self.usage or any("FILE" in each.name for each in self.positionals)

    def all(self):
        yield self
        for each in self.commands:
            yield from each.all()


def help_of(program, path):
    ended = subprocess.run([program, *path[1:], "--help"], capture_output=True, encoding="utf-8", timeout=60)
    if ended.returncode != 0:
        raise SystemExit(f"{' '.join(path)} --help ends with {ended.returncode}: {ended.stderr}")
    return ended.stdout


def joined(entries):
    """Gives an option whose text stands in the lines below it a line of its own."""
    lines = []
    for line in entries:
        if line.startswith(" " * 20) and lines and lines[-1].strip():
            lines[-1] += "  " + line.strip() if "  " not in lines[-1].strip() else " " + line.strip()
        else:
            lines.append(line.rstrip())
    return lines


def read(program, path=("carrel",), summary=""):
    """A command and those below it."""
    made = Command(path, summary)
    section, seen_usage = "", False
    for line in joined(help_of(program, path).splitlines()):
        if line.startswith("Usage: "):
            made.usage, seen_usage = line.removeprefix("Usage: "), True
        elif re.fullmatch(r"[A-Z]\w*:", line):
            section = line[:-1]
        elif not line.startswith("  "):
            if line and not seen_usage:
                made.description += (" " if made.description else "") + line
        elif section in COMMAND_SECTIONS:
            name, text = COMMAND.match(line).groups()
            made.commands.append(read(program, (*path, name), text or ""))
        elif section == "Positionals":
            name, spec, text = POSITIONAL.match(line).groups()
            made.positionals.append(Option(name, "", spec or "", text or "", section))
        elif section:
            found = OPTION.match(line)
            if found is None:
                raise SystemExit(f"{' '.join(path)} --help: what is {line!r}?")
            short, name, spec, text = found.groups()
            made.options.append(Option(name, short or "", spec or "", text or "", section))
    return made
