"""Man pages of what --help says, and of what docs/operations.md says of exit statuses and signals."""
import re

NOTE = '.\\" Made from carrel --help and docs/operations.md.\n'


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "")
    return "\\&" + text if text.startswith(".") else text


def table_of(manual, heading):
    """The rows of the first table below a heading."""
    part = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", manual, re.M | re.S)
    rows = [line.strip().strip("|").split(" | ") for line in part.group(1).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows if len(row) == 2 and row[1].strip()]


def rows(title, table):
    return f".SH {title}\n" + "".join(f".TP\n.B {escaped(left)}\n{escaped(right)}\n" for left, right in table)


def spec_of(option):
    without = re.sub(r"\s*\(Env:\w+\)", "", option.spec).strip()
    return f" \\fI{escaped(without)}\\fR" if without else ""


def options_of(command):
    text = ""
    for option in command.positionals:
        text += f".TP\n\\fI{escaped(option.name)}\\fR\n{escaped(option.text)}\n"
    for option in command.options:
        names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in (option.short, option.name) if name)
        variable = f"\nIts variable is \\fB{option.variable}\\fR." if option.variable else ""
        text += f".TP\n{names}{spec_of(option)}\n{escaped(option.text.rstrip('.') or 'see its summary')}.{variable}\n"
    return text


def head(command, version, synopsis):
    name = "-".join(command.path)
    summary = command.summary or "store and search security events and alerts"
    return (f'.TH "{name.upper()}" 1 "" "carrel {version}" "carrel"\n{NOTE}.SH NAME\n{escaped(name)} \\- {escaped(summary)}\n'
            f".SH SYNOPSIS\n{synopsis}\n")


def see_also(names):
    return ".SH SEE ALSO\n" + ",\n".join(f".BR {escaped(name)} (1)" for name in names).replace(",\n", " ,\n") + "\n"


def main_page(root, version, manual):
    commands = "".join(f".TP\n.BR {escaped('-'.join(each.path))} (1)\n{escaped(each.summary)}\n" for each in root.commands)
    files = [("/etc/carrel/carrel.toml", "settings of the service"),
             ("/var/lib/carrel/carrel.db", "the service's database"),
             ("/var/lib/carrel/carrel.db.key", "the key that secrets in it are sealed with; keep a copy")]
    return (head(root, version, ".B carrel\n.I COMMAND\n.RI [ OPTIONS ]\n.br\n.B carrel \\-\\-version")
            + ".SH DESCRIPTION\nA server for security events and alerts that keeps everything in one SQLite file.\n"
            + ".SH COMMANDS\n" + commands + rows("EXIT STATUS", table_of(manual, "Exit statuses")) + rows("FILES", files)
            + see_also(["-".join(each.path) for each in root.commands]))


def command_page(command, version, manual):
    usage = re.sub(r"^(carrel )?", "carrel ", command.usage)
    page = head(command, version, f".B {escaped(usage)}")
    page += f".SH DESCRIPTION\n{escaped(command.description or command.summary)}\n"
    sections = list(dict.fromkeys(option.section for option in command.options))
    if command.positionals or sections[:1] == ["Options"]:
        page += ".SH OPTIONS\n"
    page += options_of_section(command, "Options", command.positionals)
    for section in sections:
        if section != "Options":
            page += f".SS {escaped(section)}\n" + options_of_section(command, section, [])
    for each in command.commands:
        page += f".SH {escaped(' '.join(each.path)).upper()}\n.B {escaped(re.sub(r'^(carrel )?', 'carrel ', each.usage))}\n.PP\n"
        page += escaped(each.description or each.summary) + "\n" + options_of(each)
    if command.name == "serve":
        page += rows("SIGNALS", table_of(manual, "Signals"))
    return page + rows("EXIT STATUS", table_of(manual, "Exit statuses")) + see_also(["carrel"])


def options_of_section(command, section, positionals):
    part = type(command)(command.path, "", options=[each for each in command.options if each.section == section],
                         positionals=positionals)
    return options_of(part)


def pages(root, version, manual):
    """File names and texts."""
    made = {"carrel.1": main_page(root, version, manual)}
    for each in root.commands:
        made["-".join(each.path) + ".1"] = command_page(each, version, manual)
    return made
