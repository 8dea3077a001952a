"""What the page does when something is in the way, in a real browser: a session that ends, a server that is gone, what may not be seen;
and how one gets about without a mouse or a screen."""
import sys

import browser
from carrel_program import SKIPPED, Server, kept_port, main
from page_case import SETTLED, PageTest
from page_data import PASSWORD, Filler, fill_made

ACTIVE = "(document.activeElement.labels?.[0]?.textContent ?? document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()"
TABS_MAX = 150
HUGE = 10 ** 18 + 1
HEBREW = "\u05d0\u05d9\u05e8\u05d5\u05e2 host.example \u05e9\u05dc 42"


class StatesTest(PageTest):
    @classmethod
    def begin_server(cls):
        cls.folder = cls.folder_of_ann()
        kept = kept_port()  # while the server is gone, too
        cls.addClassCleanup(kept.close)
        cls.port = kept.getsockname()[1]
        server = cls.start()
        cls.filler = Filler(server.client())
        cls.ids = fill_made(cls.filler)
        return server

    @classmethod
    def start(cls):
        return Server("--login-rate", "0", "--listen", f"127.0.0.1:{cls.port}", "--database", "carrel.db", directory=cls.folder, bare=True)

    def setUp(self):
        super().setUp()
        self.filler.client.close()  # the next request opens a connection: the server ends those that are idle

    def tearDown(self):
        # Refusals and a server that is gone are meant.
        self.assertEqual([each for each in self.window.complaints() if "Failed to load resource" not in each and "dynamically imported" not in each], [])


class Troubles(StatesTest):
    def test_a_session_that_ends_while_something_is_written_is_renewed_over_it(self):
        self.enter(fragment="#/alerts")
        self.press_button("New alert")
        self.window.wait("document.activeElement.name === 'title'")
        self.window.type("Not lost")
        self.filler.delete("/users/me/sessions")  # all but its own
        self.sessions.clear()
        self.press_button("Create")
        self.wait_for_text("Your session has ended, ann", "dialog:last-of-type")
        self.assert_nothing_keeps_people_out("log-in again")
        self.window.wait("document.activeElement.id === 'again'")
        self.window.type("Wrong-horse-1")
        self.window.press("Enter")
        self.wait_for_text("is wrong", "dialog:last-of-type .fault:not([hidden])")
        self.window.run("document.getElementById('again').value = ''")
        self.window.run("document.getElementById('again').focus()")
        self.window.type(PASSWORD)
        self.window.press("Enter")
        self.window.wait("!document.getElementById('again')")
        self.assertEqual(self.window.run("document.querySelector('dialog [name=title]').value"), "Not lost")
        self.press_button("Create")
        self.window.wait("!document.querySelector('dialog')")
        self.wait_for_text("Not lost", "table")

    def test_a_server_that_is_gone_is_said_and_looked_for_again(self):
        self.enter(fragment="#/alerts")
        type(self).server.stop()
        try:
            self.window.run("document.querySelector('.sort').click()")
            self.wait_for_text("cannot be reached", ".list [role=alert]")
            self.window.run("location.hash = '#/feeds'")  # a screen that has not been loaded yet
            self.wait_for_text("Not shown", "h1")
            self.assertIn("The server cannot be reached.", self.text())
            self.assert_nothing_keeps_people_out("no server")
            self.window.run("location.hash = '#/alerts'")
            self.wait_for_text("cannot be reached", ".list [role=alert]")
        finally:
            type(self).server = self.start()
            self.addClassCleanup(self.server.end)
        self.press_button("Try again")
        self.wait_for_text("Alert 1", "table")
        self.window.run("location.hash = '#/feeds'")
        self.window.wait("document.querySelector('h1')?.textContent !== 'Alerts'")
        if self.text("h1") == "Not shown":
            self.press_button("Try again")
        self.wait_for_text("Feeds of rules", "h1")

    def test_what_may_not_be_seen_is_said(self):
        self.enter("vera", "#/audit")
        self.window.wait("document.querySelector('main [role=alert]')")
        self.assertIn("admin:system", self.text())
        self.assert_nothing_keeps_people_out("403")

    def test_a_search_that_cannot_be_made_now_can_be_made_again(self):
        self.enter(fragment="#/events?q=wevtutil")
        self.wait_for_text("300 events")
        self.window.run("(() => { const real = window.fetch; window.fetch = (url, init) => /events\\?/.test(url) ? (window.fetch = real, Promise.reject(new TypeError('gone'))) : real(url, init); })()")
        self.press_button("Search")
        self.wait_for_text("cannot be reached")
        self.assertEqual(self.window.run("document.getElementById('query').getAttribute('aria-invalid')"), None)
        self.press_button("Try again")
        self.wait_for_text("300 events")

    def test_what_a_page_may_not_copy_is_said(self):
        self.enter(fragment="#/events?id=" + self.ids["event"])
        self.window.wait("document.querySelector('dialog .actions')")
        self.window.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
        self.press_button("Copy as JSON")
        self.wait_for_text("does not let this page copy", "#toasts")

    def test_a_message_is_seen_above_the_window_and_stays_when_it_closes(self):
        self.enter(fragment="#/alerts")
        self.press_button("Alert 1")
        self.press_button("Acknowledged", "dialog button")
        self.wait_for_text("Status changed.", "#toasts")
        at = "(() => { const {left, top} = document.querySelector('.toast').getBoundingClientRect(); return document.elementFromPoint(left + 20, top + 15)?.closest('.toast') !== null; })()"
        self.assertTrue(self.window.run(at))
        self.window.press("Escape")
        self.window.wait("!document.querySelector('dialog')")
        self.assertTrue(self.window.run(at))

    def test_numbers_that_no_double_holds_and_texts_from_right_to_left(self):
        self.filler.post("/events", f'{{"@timestamp":"2026-03-05T00:00:00Z","Message":"{HEBREW}","size":{HUGE},"small":-{HUGE}}}', "application/x-ndjson")
        self.filler.post("/alerts", {"title": HEBREW, "severity": "low"})
        self.enter(fragment=f"#/events?q=size:={HUGE}")
        self.wait_for_text("1 event")
        self.window.run("document.querySelector('table.events button').click()")
        self.wait_for_text(f"-{HUGE}", "dialog")
        self.assertIn(HEBREW, self.text("dialog"))
        self.window.run("document.querySelector('dialog [aria-label^=\"Only size = \"]').click()")
        self.wait_for_text("1 event")
        self.go("alerts")
        self.wait_for_text(HEBREW, "table")
        self.window.resize(360)
        self.assert_nothing_keeps_people_out("right to left")
        self.shoot("right-to-left-360")


class Keyboard(StatesTest):
    def tab_to(self, condition):
        """Presses Tab until what has the focus passes, as somebody without a mouse does."""
        for _ in range(TABS_MAX):
            self.window.press("Tab")
            if self.window.run(f"(({{activeElement: at}}, name) => {condition})(document, {ACTIVE})"):
                return
        self.fail(f"not reached by {TABS_MAX} tabs: {condition}")

    def test_from_a_search_to_an_investigation_by_keyboard_alone(self):
        self.enter(fragment="#/events")
        self.window.press("Tab", "Enter")  # past the places
        self.tab_to("at.id === 'query'")
        self.window.type("wevtutil")
        self.window.press("Enter")
        self.window.wait("location.hash.includes('q=wevtutil')")
        self.wait_for_text("300 events")
        self.window.wait("document.activeElement.id === 'query'")  # who goes on typing need not look for it again
        self.tab_to("at.matches('table.events button')")
        self.window.press("Enter")
        self.window.wait("document.querySelector('dialog [aria-label^=\"Only Hostname = \"]')")
        self.tab_to("name.startsWith('Only Hostname = ')")
        self.window.press("Enter")
        self.window.wait("document.getElementById('query')?.value.startsWith('wevtutil Hostname:=')")
        self.window.wait("/^4[23] events/.test(document.querySelector('.chart p')?.innerText ?? '')")
        self.tab_to("at.matches('table.events button')")
        self.window.press("Enter")
        self.window.wait("document.querySelector('dialog [aria-label^=\"Only Hostname = \"]')")
        self.tab_to("name === 'Raise alert'")
        self.window.press("Enter")
        self.window.wait("document.activeElement.name === 'title'")
        self.window.type("By keyboard")
        self.window.press("Enter")
        self.window.wait("location.hash.startsWith('#/alerts?id=')")
        self.wait_for_text("By keyboard", "dialog h2")
        self.tab_to("name === 'Open an investigation'")
        self.window.press("Enter")
        self.window.wait("location.hash.startsWith('#/investigations/')")
        self.wait_for_text("By keyboard", "h1")
        self.window.wait("document.activeElement.id === 'main'")
        self.tab_to("name === 'In progress'")

    def test_who_was_at_a_control_is_there_again_when_the_list_is_shown_anew(self):
        self.enter(fragment="#/alerts")
        self.window.run("[...document.querySelectorAll('.filters select')].find((each) => each.labels[0].textContent === 'Severity').focus()")
        self.window.press("ArrowDown")
        self.window.wait(f"location.hash.includes('severity=') && {SETTLED}")
        self.window.wait(f"{ACTIVE} === 'Severity'")
        self.window.run("[...document.querySelectorAll('.sort')].find((each) => each.textContent.startsWith('Risk')).focus()")
        for direction in ("descending", "ascending"):
            self.window.press("Enter")
            self.window.wait(f"document.querySelector('th[aria-sort={direction}]')?.textContent.startsWith('Risk')")
            self.window.wait(f"{ACTIVE}.startsWith('Risk')")
        self.window.run("document.querySelector('.count-chip').focus()")
        self.window.press("Enter")
        self.window.wait("location.hash.includes('status=')")
        self.window.wait("document.activeElement.matches('.count-chip[aria-pressed=true]')")

    def test_how_many_there_are_is_read_out(self):
        self.enter(fragment="#/alerts?severity=high")
        said = "document.querySelector('[aria-live] #said').textContent"
        self.window.wait(f"{said} === '1 alert'")
        region = self.window.run("(window.region = document.getElementById('toasts')) && true")
        self.go("alerts?q=nothing-has-this")
        self.window.wait(f"{said} === '0 alerts'")
        self.go("events?q=wevtutil+host:ws1")
        self.window.wait(f"{said} === '43 events'")
        self.assertTrue(region and self.window.run("window.region === document.getElementById('toasts')"))  # a new one would not be listened to


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
