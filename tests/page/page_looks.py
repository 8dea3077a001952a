"""In which themes and widths the screens are looked at."""
import os

WIDTHS = (360, 1024, 1920)
THEMES = ("light", "dark")


def looks(at):
    """Themes and widths of a screen: each of both, in turn by screen; all pairs if the environment says CARREL_PAGE_ALL."""
    pairs = [(theme, width) for theme in THEMES for width in WIDTHS]
    if os.environ.get("CARREL_PAGE_ALL"):
        return pairs
    return [pair for place, pair in enumerate(pairs) if (place + at) % 2 == 0]
