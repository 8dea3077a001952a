"""Completions for bash, zsh and fish of what --help says."""

NOTE = "# Made from carrel --help.\n"


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def joined(path):
    return " ".join(path)


# -- bash ---

BASH = '''# bash completion for carrel(1)
{note}_carrel() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} path=carrel words= files= i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case "$path ${{COMP_WORDS[i]}}" in
        {paths}) path+=" ${{COMP_WORDS[i]}}" ;;
        esac
    done
    COMPREPLY=()
    case "$path $previous" in
{values}    esac
    case "$path" in
{words}    esac
    [[ $files && $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    if [[ $files && $word != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames 2>/dev/null
    fi
}}
complete -F _carrel carrel
'''


def bash_values(command):
    for option in command.options:
        if not option.takes_value:
            continue
        place = f'"{joined(command.path)} {option.name}"'
        if option.choices:
            yield f'    {place}) mapfile -t COMPREPLY < <(compgen -W "{" ".join(option.choices)}" -- "$word"); return ;;\n'
        elif option.names_directory or option.names_file:
            kind = "-d" if option.names_directory else "-f"
            yield (f"    {place}) mapfile -t COMPREPLY < <(compgen {kind} -- \"$word\"); "
                   "compopt -o filenames 2>/dev/null; return ;;\n")
        else:
            yield f"    {place}) return ;;\n"


def bash(root):
    commands = [each for each in root.all()]
    words = ""
    for each in commands:
        names = [below.name for below in each.commands] + [option.name for option in each.options]
        if each is root:
            names += ["--help", "--version"]
        words += f'    "{joined(each.path)}") words="{" ".join(names)}"{" files=1" if each.takes_files and not each.commands else ""} ;;\n'
    return BASH.format(note=NOTE, paths=" | ".join(f'"{joined(each.path)}"' for each in commands[1:]),
                       values="".join(line for each in commands for line in bash_values(each)), words=words)


# -- zsh ---

def zsh_text(text):
    for mark in "\\[]:":
        text = text.replace(mark, "\\" + mark)
    return text


def zsh_option(option):
    line = f"{option.name}[{zsh_text(option.text)}]"
    if option.takes_value:
        action = (f"({' '.join(option.choices)})" if option.choices else "_files -/" if option.names_directory
                  else "_files" if option.names_file else "")
        line += f":{zsh_text(option.name.lstrip('-'))}:{action}"
    return "        " + quoted(("*" if "..." in option.spec else "") + line)


def zsh_function(command):
    name = "_" + "_".join(command.path).replace("-", "_")
    if command.commands:
        rows = "\n".join("        " + quoted(f"{each.name}:{zsh_text(each.summary)}") for each in command.commands)
        cases = "\n".join(f"        {each.name}) _{'_'.join(each.path).replace('-', '_')} ;;" for each in command.commands)
        return (f"{name}() {{\n    local line state\n    local -a commands=(\n{rows}\n    )\n"
                f"    _arguments -C '--help[show help]' {'--version[show versions] ' if len(command.path) == 1 else ''}"
                "'1: :->command' '*:: :->rest'\n"
                f"    case $state in\n    command) _describe command commands ;;\n    rest)\n        case $line[1] in\n{cases}\n"
                "        esac ;;\n    esac\n}\n")
    rows = [zsh_option(option) for option in command.options]
    rows.append("        '*:file:_files'" if command.takes_files else "        '*: :'")
    return f"{name}() {{\n    _arguments \\\n" + " \\\n".join(rows) + "\n}\n"


def zsh(root):
    return "#compdef carrel\n" + NOTE + "\n" + "\n".join(zsh_function(each) for each in root.all()) + "\n_carrel \"$@\"\n"


# -- fish ---

def fish_condition(command, root):
    if command is root:
        return "__fish_use_subcommand"
    condition = f"__fish_seen_subcommand_from {command.path[1]}"
    if len(command.path) > 2:
        return condition + f"; and __fish_seen_subcommand_from {command.path[2]}"
    below = [each.name for each in command.commands]
    return condition + (f"; and not __fish_seen_subcommand_from {' '.join(below)}" if below else "")


def fish_option(option, condition):
    line = f"complete -c carrel -n {quoted(condition)} -l {option.name[2:]}"
    if option.short:
        line += f" -s {option.short[1:]}"
    if option.takes_value:
        line += " -r" + (" -F" if option.names_file or option.names_directory else " -f")
    if option.choices:
        line += f" -a {quoted(' '.join(option.choices))}"
    return line + (f" -d {quoted(option.text)}" if option.text else "") + "\n"


def fish(root):
    text = "# fish completion for carrel(1)\n" + NOTE + "complete -c carrel -f\n"
    text += f"complete -c carrel -n __fish_use_subcommand -l version -d {quoted('show versions')}\n"
    text += f"complete -c carrel -n __fish_use_subcommand -l help -d {quoted('show help')}\n"
    for command in root.all():
        condition = fish_condition(command, root)
        for each in command.commands:
            text += f"complete -c carrel -n {quoted(condition)} -a {each.name} -d {quoted(each.summary)}\n"
        if command.takes_files and not command.commands:
            text += f"complete -c carrel -n {quoted(condition)} -F\n"
        text += "".join(fish_option(option, condition) for option in command.options)
    return text
