"""A test with a window: what is the same for all that is done with the page."""
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import browser
from carrel_program import run
from page_data import PASSWORD, Filler

AXE = next(iter(pathlib.Path(sys.argv[2]).glob("lib/python3*/site-packages/axe_playwright_python/axe.min.js")), None) if len(sys.argv) > 2 else None
SHOTS = os.environ.get("CARREL_PAGE_SHOTS")  # a folder: what was looked at stays there
# What the browser itself writes down of replies that the page deals with.
EXPECTED = [r"/auth/session - Failed to load resource.* 401 ", r"/auth/login - Failed to load resource.* 401 ",
            r"/events\?\S+ - Failed to load resource.* 400 ", r"/users/me/tokens - Failed to load resource.* 422 "]

SETTLED = "document.querySelector('main h1') && !document.querySelector('[aria-busy]')"
BY_TEXT = "(scope, text) => [...document.querySelectorAll(scope)].find((each) => each.checkVisibility() && each.textContent.trim() === text)"


def set_value(selector, text):
    return f"(() => {{ const field = document.querySelector({json.dumps(selector)}); field.value = {json.dumps(text)}; field.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"


class PageTest(unittest.TestCase):
    """A window that is shared by the tests of a class; each begins logged out, on a wide screen."""
    @classmethod
    def setUpClass(cls):
        cls.sessions = {}  # cookies of users who have been logged in already
        cls.server = cls.begin_server()
        cls.window = browser.Browser()
        cls.addClassCleanup(cls.window.close)
        cls.addClassCleanup(cls.server.end)

    @classmethod
    def folder_of_ann(cls):
        """A folder for a server whose database has one user, the administrator ann; it goes with the class."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="carrel-page-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        made = run("user", "add", "ann", "--role", "admin", "--database", folder / "carrel.db", stdin=PASSWORD + "\n")
        assert made.returncode == 0, made
        return folder

    def setUp(self):
        self.window.resize(1024)
        self.window.open("about:blank")  # nothing of the test before goes on
        self.window.protocol("Network.clearBrowserCookies")
        self.window.complaints()

    def tearDown(self):
        told = [each for each in self.window.complaints() if not any(re.search(known, each) for known in EXPECTED)]
        self.assertEqual(told, [])

    def open(self, fragment=""):
        self.window.open(self.server.url + "/" + fragment)

    def log_in(self, username="ann", password=PASSWORD, then="nav"):
        self.open()
        self.window.wait("document.querySelector('input[name=username]')")
        self.window.type(username)
        self.window.press("Tab")
        self.window.type(password)
        self.window.press("Enter")
        self.window.wait(f"document.querySelector({then!r})")
        if then == "nav":
            self.window.wait(SETTLED)

    def enter(self, username="ann", fragment=""):
        """Begins with a session that has been begun already."""
        if username not in self.sessions:
            self.sessions[username] = Filler(self.server.client(), username).headers["Cookie"]
        name, value = self.sessions[username].split("=", 1)
        self.window.protocol("Network.setCookie", name=name, value=value, url=self.server.url, httpOnly=True, sameSite="Strict")
        self.open(fragment)
        self.window.wait(SETTLED)

    def go(self, screen):
        self.window.run("document.querySelectorAll('dialog').forEach((each) => each.close()); document.querySelector('main h1').classList.add('seen')")
        self.window.run(f"location.hash === '#/{screen}' ? dispatchEvent(new HashChangeEvent('hashchange')) : location.hash = '#/{screen}'")
        self.window.wait(f"document.querySelector('main h1:not(.seen)') && {SETTLED}")

    def press_button(self, text, scope="button, a.button"):
        self.window.wait(f"({BY_TEXT})({scope!r}, {text!r})")
        self.window.run(f"({BY_TEXT})({scope!r}, {text!r}).click()")

    def text(self, selector="main"):
        return self.window.run(f"document.querySelector({selector!r})?.innerText ?? ''")

    def wait_for_text(self, text, selector="main"):
        self.window.wait(f"document.querySelector({selector!r})?.innerText.includes({text!r})")

    def assert_nothing_keeps_people_out(self, where):
        overflow = self.window.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(overflow, 0, f"{where} scrolls sideways")
        cut = self.window.run("[...document.querySelectorAll('main .list, dialog .list')].filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.querySelector('caption')?.textContent)")
        self.assertEqual(cut, [], f"a table of {where} is wider than its place")
        if AXE is None:
            return
        if not self.window.run("typeof axe === 'object'"):
            self.window.run(AXE.read_text(encoding="utf-8") + "; null")
        found = json.loads(self.window.run("""axe.run(document, {resultTypes: ['violations'], iframes: false}).then((found) =>
            JSON.stringify(found.violations.map((each) => [each.id, each.help, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))])))"""))
        self.assertEqual(found, [], where)

    def shoot(self, name):
        if SHOTS:
            self.window.screenshot(pathlib.Path(SHOTS) / f"{re.sub('[^A-Za-z0-9]+', '-', name)}.png")
