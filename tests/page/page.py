"""The page at `/` in a real browser: each screen with data, by keyboard, at four widths, in both themes, and with hostile values."""
import json
import pathlib
import shutil
import sys
import tempfile

import browser
from carrel_program import SKIPPED, Server, main, run
from page_case import AXE, SETTLED, PageTest
from page_data import HOSTILE, LONG_NUMBER, PASSWORD, Filler, code_of, fill_made, fill_public
from page_looks import looks

PUBLIC = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else pathlib.Path("nowhere")
SCREENS = ["events", "events?q=hostile", "alerts", "investigations", "rules", "rules/new", "coverage", "iocs", "operations", "users", "account"]
OTHERS = ["dashboard", "saved_searches", "playbooks", "executions", "approvals", "listeners", "dead_letters", "feeds", "feeds/iocs", "audit"]  # page_work.py
WEB = pathlib.Path(__file__).parents[2] / "src" / "web"
PAGE_BYTES_MAX = 250_000


def make_database(directory):
    made = run("user", "add", "ann", "--role", "admin", "--database", directory, stdin=PASSWORD + "\n")
    assert made.returncode == 0, made


class WithData(PageTest):
    @classmethod
    def begin_server(cls):
        database = pathlib.Path(tempfile.mkdtemp(prefix="carrel-page-data-"))
        cls.addClassCleanup(shutil.rmtree, database, ignore_errors=True)
        make_database(database / "carrel.db")
        server = Server("--login-rate", "0", directory=database)
        filler = Filler(server.client())
        cls.ids = fill_made(filler)
        if PUBLIC.is_dir():
            fill_public(filler, PUBLIC)
        else:
            print("the screens are shown without public data, which is not here")
        if AXE is None:
            print("axe-core is not installed: its checks are passed over")
        return server

    def test_each_screen_in_both_themes_at_each_width(self):
        self.enter()
        for at, screen in enumerate(SCREENS + ["rules/" + self.ids["rule"]]):
            self.go(screen)
            for theme, width in looks(at):
                self.window.colors(theme)
                self.window.resize(width)
                with self.subTest(screen=screen, theme=theme, width=width):
                    self.assert_nothing_keeps_people_out(f"{screen}, {theme}, {width}")
                self.shoot(f"{screen[:16]}-{theme}-{width}")
        self.window.colors("light")

    def test_windows_over_the_screens(self):
        self.enter()
        opened = [("events?id=" + self.ids["event"], None), ("alerts", "Alert 1"), ("alerts", "New alert"), ("iocs", "evil.example"), ("users", "vera"), ("users", "New role"),
                  ("account", "New token"), ("iocs", "Import")]
        for screen, name in opened:
            self.go(screen)
            if name:
                self.press_button(name)
            self.window.wait("document.querySelector('dialog[open]') && !document.querySelector('[aria-busy]')")
            for theme, width in (("light", 360), ("dark", 1024)):
                self.window.colors(theme)
                self.window.resize(width)
                self.assert_nothing_keeps_people_out(f"{screen} {name}, {theme}, {width}")
                self.shoot(f"window-{screen.split('?')[0]}-{name}-{theme}")
            self.window.press("Escape")
            self.window.wait("!document.querySelector('dialog')")
        self.window.colors("light")

    def test_hostile_values_stay_texts(self):
        self.enter()
        self.go("events?q=hostile&id=" + self.ids["event"])
        self.wait_for_text(HOSTILE, "dialog")
        self.window.wait("document.querySelector('dialog details pre')")
        self.assertIn(str(LONG_NUMBER), self.text("dialog"))
        self.assertIn(f'"Keywords": {LONG_NUMBER}', self.window.run("document.querySelector('dialog details pre').textContent"))
        self.go("alerts")
        self.wait_for_text("Alert 0 " + HOSTILE)
        self.press_button(f"Alert 0 {HOSTILE}")
        self.wait_for_text(HOSTILE, "dialog .prose")
        self.go("iocs")
        self.assertEqual(self.window.run("document.querySelectorAll('main img, main script, dialog img').length"), 0)
        self.assertNotEqual(self.window.run("document.title"), "taken")

    def test_a_search_by_keyboard_alone(self):
        self.enter(fragment="#/events")
        self.window.press("Tab")
        self.assertEqual(self.window.run("document.activeElement.className"), "skip")
        self.window.press("Enter")
        self.assertEqual(self.window.run("document.activeElement.id"), "main")
        self.window.run("document.getElementById('query').focus()")
        self.window.type("wevtutil host:ws1")
        self.window.press("Enter")
        self.window.wait("location.hash.includes('q=wevtutil')")
        self.wait_for_text("43 events")
        self.window.wait("document.querySelector('.histogram')")
        self.window.run("document.querySelector('.histogram').focus()")
        self.window.press("Home", "Shift+ArrowRight", "Enter")
        self.window.wait("location.hash.includes('from=')")
        self.window.wait("/^[1-9] events?/.test(document.querySelector('.chart .quiet')?.innerText ?? '')")
        self.window.run("document.querySelector('table.events button').focus()")
        self.window.press("Enter")
        self.wait_for_text("Message", "dialog")
        self.window.press("Escape")
        self.window.wait("document.activeElement.matches('table.events button')")

    def test_a_value_of_an_event_narrows_the_search(self):
        self.enter()
        self.go("events?q=hostile&id=" + self.ids["event"])
        self.window.wait("document.querySelector('dialog [aria-label^=\"Only host = \"]')")
        self.window.run("document.querySelector('dialog [aria-label^=\"Only host = \"]').click()")
        self.window.wait("document.getElementById('query')?.value === 'hostile host:=\"hostile\"'")
        self.wait_for_text("1 event")
        self.go("events?q=wevtutil")
        self.window.wait("document.querySelector('.top [aria-label=\"Without host = ws3\"]')")
        self.window.run("document.querySelector('.top [aria-label=\"Without host = ws3\"]').click()")
        self.window.wait("document.getElementById('query')?.value === 'wevtutil -host:=\"ws3\"'")

    def test_the_histogram_is_brushed(self):
        self.enter()
        self.go("events?q=wevtutil+channel:Security+Message:message")
        edges = self.window.wait("document.querySelector('.histogram') && (({left, right, top}) => ({left, right, top}))(document.querySelector('.histogram').getBoundingClientRect())")
        width = edges["right"] - edges["left"]
        self.window.drag((edges["left"] + width * 0.25, edges["top"] + 20), (edges["left"] + width * 0.5, edges["top"] + 20))
        self.window.wait("location.hash.includes('from=2026-03-01T') && location.hash.includes('to=2026-03-01T')")

    def test_a_query_that_is_not_understood_shows_where(self):
        self.enter()
        self.go("events?q=" + "host:ws1+(powershell")
        self.window.wait("document.querySelector('[role=alert] mark')")
        self.assertIn("character", self.text("[role=alert]"))
        self.assertEqual(self.window.run("document.getElementById('query').getAttribute('aria-invalid')"), "true")

    def test_each_value_of_an_event_finds_it_again(self):
        self.enter()
        client = self.server.client()
        modules = self.window.run("document.querySelector('script[type=module]').src.replace('app.js', '')")
        wanted = self.window.run("""(async () => {
            const {equalTerm, flatten} = await import('%squery.js');
            const {get} = await import('%sapi.js');
            const pages = await Promise.all(['hostile', 'host:ws1'].map((q) => get('/events', {q, limit: 2})));
            return pages.flatMap((page) => page.items).flatMap((event) => flatten(event.fields)
                .filter(([, value]) => value !== null && value !== '').map(([path, value]) => equalTerm(path, value) + ' id:=' + event.id));
        })()""" % (modules, modules))
        self.assertGreater(len(wanted), 10)
        headers = Filler(client).headers
        for term in wanted:
            reply = client.get("/api/v1/events/count", {"q": term}, **headers)
            self.assertEqual((reply.status, reply.body), (200, b'{"count":1}'), term)

    def test_numbers_are_shown_as_they_were_written(self):
        self.enter()
        modules = self.window.run("document.querySelector('script[type=module]').src.replace('app.js', '')")
        texts = ['{"a":9007199254740993,"b":[-36028797018963968,1.5,1e3,"12345678901234567890"],"c":18446744073709551615}', "[0,-1,9007199254740991]"]
        for text in texts:
            same = self.window.run(f"import('{modules}json.js').then((json) => json.formatJson(json.parseJson({text!r})))")
            self.assertEqual(same.replace("1000", "1e3"), text)
        cut = self.window.run(f"import('{modules}query.js').then(({{narrowed}}) => [narrowed('', 'a:=1'), narrowed('x', 'a:=1', true), narrowed('x OR y', 'a:=1'), narrowed('x a:=1', 'a:=1')])")
        self.assertEqual(cut, ["a:=1", "x -a:=1", "(x OR y) a:=1", "x a:=1"])

    def test_alerts_are_worked_on(self):
        self.enter()
        self.go("alerts?severity=medium")
        self.window.run("document.querySelector('td.select input').focus()")
        self.window.press("Space")
        self.press_button("Set status")
        self.window.wait("document.querySelector('dialog select')")
        self.press_button("Apply")
        self.wait_for_text("1 alert changed.", "#toasts")
        self.wait_for_text("Acknowledged", "table")
        self.press_button("Alert 2")
        self.press_button("Investigating")
        self.wait_for_text("Acknowledged → Investigating", "dialog .timeline")
        self.assertIn("by ann", self.text("dialog .timeline"))

    def test_a_rule_is_written_with_its_faults_by_line(self):
        self.enter()
        self.go("rules/new")
        self.wait_for_text("Valid")
        broken = "title: Broken\\nlogsource:\\n  product: windows\\ndetection:\\n  selection:\\n    A|nonsense: x\\n  condition: selection\\n"
        self.window.run(f"(() => {{ const area = document.querySelector('.code textarea'); area.value = '{broken}'; area.dispatchEvent(new Event('input', {{bubbles: true}})); }})()")
        self.wait_for_text("Line 6", ".code-faults")
        self.assertEqual(self.text(".gutter .bad"), "6")
        self.window.run("document.querySelector('.code textarea').focus()")
        self.window.run("(() => { const area = document.querySelector('.code textarea'); area.value = area.value.replace('A|nonsense', 'A|contains'); area.dispatchEvent(new Event('input', {bubbles: true})); })()")
        self.wait_for_text("Valid")
        self.press_button("Create rule")
        self.window.wait("/^#\\/rules\\/[^n]/.test(location.hash)")
        self.wait_for_text("Broken", "h1")
        self.press_button("Switch off")
        self.press_button("Switch on")
        self.wait_for_text("Switch off", ".heading")
        self.press_button("Lifecycle")
        self.window.wait("document.querySelector('dialog select')")
        self.press_button("Change")
        self.wait_for_text("Test", "main .two")

    def test_a_user_makes_a_token_and_a_role(self):
        self.enter()
        self.go("account")
        self.press_button("New token")
        self.window.wait("document.activeElement.name === 'name'")
        self.press_button("Create")
        self.wait_for_text("required", "dialog .fault:not([hidden])")
        self.window.type("for a script")
        self.press_button("Create")
        self.wait_for_text("shown once", "dialog:last-of-type")
        token = self.text("dialog:last-of-type pre")
        self.assertEqual(self.server.client().get("/api/v1/alerts/count", Authorization=f"Bearer {token}").status, 200)
        self.press_button("Done")
        self.wait_for_text("for a script")
        self.go("users")
        self.press_button("New role")
        self.window.wait("document.activeElement.name === 'name'")
        self.window.type("watcher")
        self.window.run("document.querySelector('dialog input[name=\"read:events\"]').click()")
        self.press_button("Create")
        self.wait_for_text("watcher")

    def test_an_authenticator_is_asked_from_then_on(self):
        self.enter("tess")
        self.go("account")
        self.press_button("Use an authenticator")
        self.window.wait("document.activeElement.name === 'current_password'")
        self.window.type(PASSWORD)
        self.window.press("Enter")
        self.window.wait("document.activeElement.name === 'code'")
        self.window.type(code_of(self.text("dialog pre").split()[0]))
        self.window.press("Enter")
        self.wait_for_text("Recovery codes", "dialog:last-of-type")
        recovery = self.text("dialog:last-of-type pre").split()[0]
        self.press_button("Done")
        self.wait_for_text("In use")
        self.press_button("Log out")
        self.log_in("tess", then="input[name=code]")
        self.assert_nothing_keeps_people_out("code")
        self.window.type(recovery)
        self.window.press("Enter")
        self.window.wait("document.querySelector('nav')")

    def test_a_theme_is_kept(self):
        self.enter()
        self.window.run("(() => { const theme = document.getElementById('theme'); theme.value = 'dark'; theme.dispatchEvent(new Event('change')); })()")
        dark = self.window.run("getComputedStyle(document.body.parentElement).backgroundColor")
        self.open("#/alerts")
        self.window.wait(SETTLED)
        self.assertEqual(self.window.run("getComputedStyle(document.body.parentElement).backgroundColor"), dark)
        self.window.run("localStorage.clear()")

    def test_a_viewer_is_shown_what_a_viewer_may(self):
        self.enter("vera")
        self.assertNotIn("Users", self.text("nav"))
        self.go("alerts")
        self.wait_for_text("Alert 1")
        self.assertFalse(self.window.run("!!document.querySelector('td.select')"))
        self.assertNotIn("New alert", self.text())
        self.press_button("Log out")
        self.sessions.clear()
        self.window.wait("document.querySelector('input[name=username]')")

    def test_a_session_that_ended_leads_to_the_log_in(self):
        self.enter()
        Filler(self.server.client()).delete("/users/me/sessions")
        self.sessions.clear()
        self.window.run("location.hash = '#/alerts'")
        self.window.wait("document.querySelector('input[name=username]')")
        self.assertNotIn("Alert 1", self.text("body"))
        self.window.complaints()  # the refusals are meant

    def test_a_wrong_password_and_one_that_must_be_changed(self):
        self.open()
        self.window.wait("document.querySelector('input[name=username]')")
        self.window.type("fresh")
        self.window.press("Tab")
        self.window.type("Wrong-horse-1")
        self.window.press("Enter")
        self.wait_for_text("is wrong", "[role=alert]")
        self.assert_nothing_keeps_people_out("log-in")
        self.log_in("fresh", then="input[name=again]")
        self.assert_nothing_keeps_people_out("password change")
        self.window.type(PASSWORD)
        for _ in range(2):
            self.window.press("Tab")
            self.window.type("Another-horse-22")
        self.window.press("Enter")
        self.window.wait("document.querySelector('nav')")

    def test_it_is_small(self):
        self.log_in()
        for screen in SCREENS + OTHERS:
            self.go(screen)
        names = json.dumps([str(each.relative_to(WEB)) for each in WEB.rglob("*") if each.suffix in (".js", ".css", ".svg")])
        sizes = self.window.run("""(async () => {
            const base = document.querySelector('script[type=module]').src.replace('app.js', '');
            const found = await Promise.all(%s.map(async (each) => (await (await fetch(base + each)).arrayBuffer()).byteLength));
            return found.reduce((sum, each) => sum + each, 0);
        })()""" % names)
        foreign = self.window.run("performance.getEntriesByType('resource').filter((each) => !each.name.startsWith(location.origin)).length")
        print(f"{sizes} bytes in all of at most {PAGE_BYTES_MAX}")
        self.assertEqual(foreign, 0)
        self.assertLessEqual(sizes, PAGE_BYTES_MAX)


class WithoutUsers(PageTest):
    @classmethod
    def begin_server(cls):
        return Server()

    def test_nobody_logs_in_and_each_screen_says_that_it_is_empty(self):
        self.open()
        self.window.wait(SETTLED)
        self.assertIn("open house", self.text(".bar"))
        for screen in SCREENS + OTHERS:
            self.go(screen)
            self.assert_nothing_keeps_people_out(f"empty {screen}")


class WithSetupLink(PageTest):
    @classmethod
    def begin_server(cls):
        return Server("--setup-link", "--login-rate", "0")

    def test_the_link_makes_the_first_administrator(self):
        link = self.server.process.stdout.readline().split()[-1]
        self.window.open(link)
        self.window.wait("document.querySelector('input[name=again]')")
        self.assert_nothing_keeps_people_out("set-up")
        self.window.type("root")
        for _ in range(2):
            self.window.press("Tab")
            self.window.type(PASSWORD)
        self.window.press("Enter")
        self.window.wait("document.querySelector('nav')")
        self.assertEqual(self.window.run("location.hash"), "#/dashboard")
        self.assertIn("root", self.text(".bar"))


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
