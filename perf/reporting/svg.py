"""What matplotlib draws, made small and fit for light and dark: colours become classes, precision goes, words come in.

matplotlib draws in MARKS, colours nobody would choose; each stands for a role of PALETTE."""
import html
import re
import xml.etree.ElementTree as ElementTree

# role -> (light, dark). Each has a contrast of 4.5 or more against paper; blue against orange is safe for the colour-blind.
PALETTE = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1b1f24", "#e6e8eb"),
    "muted": ("#59616b", "#a3abb5"),
    "line": ("#d8dce1", "#343b43"),
    "accent": ("#0a5ea8", "#6cb2f5"),
    "soft": ("#4577a8", "#4f8cc9"),
    "other": ("#6b727c", "#8d96a1"),
    "p1": ("#b1440a", "#ff9e64"),
    "p2": ("#0b7558", "#4fd1a5"),
    "p3": ("#8b3a8f", "#dba3e2"),
    "p4": ("#766000", "#e0c34c"),
    "p5": ("#59616b", "#a3abb5"),
    "p6": ("#a0305a", "#f78fb3"),
}
MARKS = {role: f"#0000{number:02x}" for number, role in enumerate(PALETTE, 1)}
ROLES = {mark: role for role, mark in MARKS.items()}
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"
USELESS = (SVG + "metadata", SVG + "style", SVG + "clipPath")
MARGIN = 12  # around a plot that stands alone


def tenth(number):
    return f"{round(float(number[0]), 1) + 0:.1f}".removesuffix(".0")  # + 0: no minus before a zero


def rounded(text):
    """One decimal is a tenth of a pixel."""
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", tenth, text)


def restyle(element):
    """A style becomes classes for the colours of PALETTE and attributes for the rest."""
    classes = []
    for declaration in filter(None, map(str.strip, element.attrib.pop("style", "").split(";"))):
        name, value = (part.strip() for part in declaration.split(":", 1))
        if value in ROLES and name in ("fill", "stroke"):
            classes.append(f"{name[0]}-{ROLES[value]}")
        elif name == "font":
            weight, size = re.match(r"(?:(\d+|bold) )?([\d.]+)px", value).groups()
            element.set("font-size", size)
            if weight:
                element.set("font-weight", weight)
        elif name not in ("stroke-linejoin", "stroke-miterlimit"):
            element.set(name, value)
    if classes:
        element.set("class", " ".join(classes))


def tidy(element, prefix, referenced):
    """One element and all in it; what says nothing goes."""
    restyle(element)
    element.attrib.pop("clip-path", None)  # nothing is drawn beyond its axes
    if "rotate(-0" in element.get("transform", ""):
        del element.attrib["transform"]
    if XLINK in element.attrib:
        element.set("href", f"#{prefix}-{element.attrib.pop(XLINK)[1:]}")
    identity = element.attrib.pop("id", None)
    if identity in referenced:
        element.set("id", f"{prefix}-{identity}")
    for name in ("d", "x", "y", "transform", "width", "height", "stroke-dasharray", "stroke-width"):
        if name in element.attrib:
            element.set(name, " ".join(rounded(element.get(name)).split()))
    for child in list(element):
        tidy(child, prefix, referenced)
        is_empty = child.tag in (SVG + "g", SVG + "defs") and len(child) == 0
        if is_empty or child.tag in USELESS:
            element.remove(child)
    element.tail = None
    if element.tag != SVG + "text":
        element.text = None


def unwrapped(element):
    """Groups without attributes group nothing."""
    for child in list(element):
        unwrapped(child)
        if child.tag == SVG + "g" and not child.attrib:
            place = list(element).index(child)
            element.remove(child)
            for number, inner in enumerate(list(child)):
                element.insert(place + number, inner)
    return element


def tidied(drawn, prefix):
    """The elements of a plot as text, and its width and height."""
    root = ElementTree.fromstring(drawn)
    referenced = {each.get(XLINK)[1:] for each in root.iter() if each.get(XLINK)}
    width, height = (float(number) for number in root.get("viewBox").split()[2:])
    tidy(root, prefix, referenced)
    ElementTree.register_namespace("", SVG[1:-1])
    text = "".join(ElementTree.tostring(child, encoding="unicode") for child in unwrapped(root))
    return text.replace(f' xmlns="{SVG[1:-1]}"', "").replace(" />", "/>"), round(width), round(height)


def inlined(drawn, plot):
    """For the page, whose style has the colours."""
    inner, width, height = tidied(drawn, plot.name)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(plot.words)}">{inner}</svg>'


def rules(column, of):
    """The classes as CSS, for light (0) or dark (1); only those that are in a text."""
    return "".join(f".{name[0]}-{role}{{{name}:{both[column]}}}" for role, both in PALETTE.items()
                   for name in ("fill", "stroke") if f"{name[0]}-{role}" in of)


def standalone(drawn, plot):
    """For an <img>. It brings its own paper: who embeds it may be dark where the reader's system is light."""
    inner, width, height = tidied(drawn, plot.name)
    across, down = width + 2 * MARGIN, height + 2 * MARGIN
    paper = f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{across}" height="{down}" rx="6" class="f-paper"/>'
    light, dark = rules(0, paper + inner), rules(1, paper + inner)
    return (f'<svg xmlns="{SVG[1:-1]}" width="{across}" height="{down}" viewBox="{-MARGIN} {-MARGIN} {across} {down}" '
            f'role="img" font-family="{FONT}" style="font-variant-numeric:tabular-nums">\n'
            f"<title>{html.escape(plot.title)}</title>\n<desc>{html.escape(plot.words)}</desc>\n"
            f"<style>{light}@media (prefers-color-scheme:dark){{{dark}}}</style>\n{paper}\n{inner}\n</svg>\n")


def page_colours():
    """The same roles as custom properties of a page, and the classes of its plots."""
    light, dark = ("".join(f"--{role}:{both[column]};" for role, both in PALETTE.items()) for column in (0, 1))
    classes = "".join(f".f-{role}{{fill:var(--{role})}}.s-{role}{{stroke:var(--{role})}}" for role in PALETTE)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{classes}\n"
