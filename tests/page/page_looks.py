"""In which themes and widths the screens are looked at."""
import os

WIDTHS = (360, 768, 1024, 1920)
THEMES = ("light", "dark")


def looks(at):
    """Themes and widths of a screen: each width, the themes in turn by width and screen; all pairs if the environment says CARREL_PAGE_ALL."""
    if os.environ.get("CARREL_PAGE_ALL"):
        return [(theme, width) for theme in THEMES for width in WIDTHS]
    return [(THEMES[(place + at) % 2], width) for place, width in enumerate(WIDTHS)]
