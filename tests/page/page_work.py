"""The screens of work in a real browser: each with real data, at four widths, in both themes, by who may what, and with hostile values."""
import sys
import urllib.parse

import browser
from carrel_program import SKIPPED, Server, main
from page_case import PageTest
from page_data import HOSTILE, PASSWORD, RULE, Filler, fill_made
from page_looks import looks
from page_work_data import BIDI, fill_work

SCREENS = ["dashboard", "dashboard?interval=month", "saved_searches", "investigations", "investigations?status=closed", "playbooks", "executions", "approvals",
           "approvals?of=all", "listeners", "dead_letters", "feeds", "feeds/iocs", "audit"]
LETTERS = 8


class WorkTest(PageTest):
    @classmethod
    def begin_server(cls):
        database = cls.folder_of_ann()
        (database / "feeds").mkdir()
        server = Server("--login-rate", "0", "--feeds-dir", str(database / "feeds"), directory=database)
        cls.filler = Filler(server.client())
        cls.ids = fill_made(cls.filler)
        cls.filler.post("/users", {"username": "erin", "role": "engineer", "password": PASSWORD, "must_change_password": False})
        cls.ids |= fill_work(cls.filler, database / "feeds", RULE)
        return server

    def setUp(self):
        super().setUp()
        self.filler.client.close()  # the next request opens a connection: the server ends those that are idle


class Screens(WorkTest):
    def details(self):
        return [f"investigations/{self.ids['investigation']}", f"investigations/{self.ids['closed']}", f"playbooks/{self.ids['playbook']}",
                f"executions/{self.ids['waiting']}", f"executions/{self.ids['done']}"]

    def windows(self):
        """Screens with what opens a window over them: a record by its id, or a button."""
        [waiting] = self.filler.get("/approvals/pending")["items"]
        letter = self.filler.get("/dlq?limit=1")["items"][0]["id"]
        return [(f"approvals?id={waiting['id']}", None), (f"listeners?id={self.ids['listener']}", None), (f"listeners?id={self.ids['broken']}", None),
                (f"dead_letters?id={letter}", None), (f"feeds?id={self.ids['feed']}", None), (f"feeds?id={self.ids['bad_feed']}", None),
                (f"feeds/iocs?id={self.ids['ioc_feed']}", None), ("audit?id=1", None), ("saved_searches", "New search"), ("playbooks", "New playbook"),
                ("listeners", "New listener"), ("feeds/iocs", "New feed"), ("investigations", "New investigation"),
                (f"investigations/{self.ids['investigation']}", "Add a file"), (f"investigations/{self.ids['investigation']}", "Run a playbook"),
                (f"investigations/{self.ids['investigation']}", "Custody"), (f"playbooks/{self.ids['playbook']}", "Run"),
                (f"playbooks/{self.ids['playbook']}", "Edit"), (f"executions/{self.ids['waiting']}", "Approve")]

    def look_around(self, name, pairs):
        for theme, width in pairs:
            self.window.colors(theme)
            self.window.resize(width)
            with self.subTest(screen=name, theme=theme, width=width):
                self.assert_nothing_keeps_people_out(f"{name}, {theme}, {width}")
            self.shoot(f"{name}-{theme}-{width}")
        self.window.colors("light")

    def test_each_screen_in_both_themes_at_each_width(self):
        self.enter()
        for at, screen in enumerate(SCREENS + self.details()):
            self.go(screen)
            self.assertNotIn("is not here", self.text())
            self.look_around(f"{at:02}-{screen[:18]}", looks(at))

    def test_windows_over_the_screens(self):
        self.enter()
        for at, (screen, name) in enumerate(self.windows()):
            self.go(screen)
            if name:
                self.press_button(name)
            self.window.wait("document.querySelector('dialog[open]') && !document.querySelector('[aria-busy]')")
            self.assertFalse(self.window.run("!!document.querySelector('dialog .error[role=alert]')") and at not in (2, 5), screen)
            self.look_around(f"window-{at:02}-{screen[:9]}", looks(at))
            self.window.press("Escape")
            self.window.wait("!document.querySelector('dialog')")

    def test_hostile_values_stay_texts(self):
        self.enter()
        places = SCREENS + self.details() + [screen for screen, name in self.windows() if name is None]
        shown = 0
        for screen in places:
            self.go(screen)
            shown += HOSTILE[:40] in self.text("body")
            self.assertEqual(self.window.run("document.querySelectorAll('main img, main script, dialog img, dialog script').length"), 0, screen)
            self.assertNotEqual(self.window.run("document.title"), "taken", screen)
        self.assertGreater(shown, 10)

    def test_a_name_that_turns_the_direction_is_shown_as_it_is(self):
        self.enter()
        made = self.filler.post("/saved-searches", {"name": BIDI, "is_public": True})
        self.go("saved_searches")
        self.wait_for_text("invoice[U+202E]fdp.exe")
        self.assertNotIn("\u202e", self.text())
        self.press_button("invoice[U+202E]fdp.exe")
        self.window.wait("location.hash.startsWith('#/events')")
        self.filler.delete(f"/saved-searches/{made['id']}")

    def test_who_may_only_look_is_offered_nothing_else(self):
        self.enter("vera")
        for place in ("Audit log", "Operations", "Users"):
            self.assertNotIn(place, self.text("nav"))
        writes = ("New", "Edit", "Delete", "Run", "Start", "Stop", "Restart", "Approve", "Reject", "Replay", "Discard", "Read now", "Switch", "Add a", "Link", "Unlink", "Cancel",
                  "Close the", "Duplicate")
        for screen in SCREENS[3:-1] + self.details() + [screen for screen, name in self.windows() if name is None and not screen.startswith("audit")]:
            self.go(screen)
            offered = self.window.run("[...document.querySelectorAll('main button, main a.button, dialog button')].filter((each) => each.checkVisibility()).map((each) => each.textContent.trim())")
            self.assertEqual([each for each in offered if each.startswith(writes)], [], screen)

    def test_each_role_is_offered_what_it_may(self):
        offered = {"tess": (["Run"], ["Edit", "Switch off", "Duplicate"]), "erin": (["Run", "Edit", "Switch off", "Duplicate"], [])}
        for who, (some, none) in offered.items():
            self.window.open("about:blank")
            self.enter(who, f"#/playbooks/{self.ids['playbook']}")
            self.wait_for_text("Write it down")
            heading = self.window.run("[...document.querySelectorAll('.heading button')].map((each) => each.textContent)")
            self.assertTrue(set(some) <= set(heading), heading)
            self.assertFalse(set(none) & set(heading), heading)
        self.go(f"listeners?id={self.ids['listener']}")
        self.wait_for_text("Received", "dialog")
        self.assertEqual(self.window.run("[...document.querySelectorAll('dialog .actions button')].map((each) => each.textContent)"), ["Edit"])

    def test_the_dashboard_says_what_there_is(self):
        self.enter(fragment="#/dashboard")
        found = self.filler.get("/dashboard")
        tiles = dict(pair for pair in self.window.run("[...document.querySelectorAll('.tile')].map((each) => [...each.children].map((one) => one.textContent))"))
        self.assertEqual(tiles, {"Events": str(found["total_events"]), "Alerts": str(found["total_alerts"]), "Active alerts": str(found["active_alerts"]),
                                 "Rules firing": str(found["rules_fired"]), "System": "Degraded"})
        self.assertIn("8 dead letters", self.text())
        self.assertIn("1 failing feed of rules", self.text())
        self.window.wait("document.querySelectorAll('.histogram').length === 2")
        self.window.run("document.querySelectorAll('.histogram')[1].focus()")
        self.window.press("End", "Enter")
        self.window.wait("location.hash.startsWith('#/alerts?from=')")
        self.wait_for_text("Alert 3")

    def test_a_search_is_kept_run_changed_and_deleted(self):
        self.enter(fragment="#/events?q=wevtutil+host:ws1")
        self.press_button("Save search")
        self.window.wait("document.activeElement.name === 'name'")
        self.window.type("Kept")
        self.press_button("Save")
        self.wait_for_text("Search saved.", "#toasts")
        self.go("saved_searches?q=Kept")
        self.press_button("Kept")
        self.window.wait("document.getElementById('query')?.value === 'wevtutil host:ws1'")
        self.wait_for_text("43 events")
        self.go("saved_searches?q=Kept")
        self.window.run("[...document.querySelectorAll('td button')].find((each) => each.textContent === 'Edit').focus()")
        self.window.press("Enter")
        self.window.wait("document.activeElement.name === 'name'")
        self.window.run("(() => { const area = document.querySelector('dialog textarea[name=filters]'); area.value = 'host=ws1\\nhost=ws2\\nfield.user.name=u1'; })()")
        self.press_button("Save")
        self.wait_for_text("wevtutil host:ws1 (host:=\"ws1\" OR host:=\"ws2\") user.name:=\"u1\"")
        self.assertEqual(self.window.run("document.activeElement.id"), "main")  # the button is another one now
        [kept] = self.filler.get("/saved-searches?q=Kept")["items"]
        self.assertEqual(kept["filters"], {"host": ["ws1", "ws2"], "field.user.name": "u1"})
        self.press_button("Delete")
        self.press_button("Delete", "dialog footer button")
        self.wait_for_text("No saved search passes these filters.")

    def test_a_saved_search_finds_in_the_page_what_it_finds_when_it_is_run(self):
        self.enter()
        [one] = self.filler.get("/saved-searches?q=Mine")["items"]
        self.go("saved_searches?q=Mine")
        self.press_button(one["name"])
        self.window.wait("document.getElementById('query')?.value.includes('powershell')")
        query = self.window.run("document.getElementById('query').value")
        wanted = self.filler.get(f"/saved-searches/{one['id']}/run?count=true&limit=1")["total"]
        self.assertGreater(wanted, 5)
        self.assertEqual(self.filler.get("/events/count?" + urllib.parse.urlencode({"q": query}))["count"], wanted)

    def test_the_audit_log_is_filtered_and_its_chain_compared(self):
        self.enter(fragment="#/audit")
        self.window.run("localStorage.clear()")
        self.go("audit?action=create_feed&outcome=done")
        self.wait_for_text("Not compared")
        self.go("audit?action=sync_rule_feed")
        self.wait_for_text("Unbroken")
        self.assertIn("2 entries", self.text())
        self.assertIn(str(self.filler.get("/audit/head")["seq"]), self.text(".facts"))
        self.window.run("(() => { const kept = JSON.parse(localStorage['carrel.audit-head']); localStorage['carrel.audit-head'] = JSON.stringify({...kept, hash: '00'}); })()")
        self.go("audit")
        self.wait_for_text("Broken")
        self.assertIn("is another one now", self.text())
        self.press_button("Remember this head from now on")
        self.wait_for_text("Unbroken")
        self.window.run("localStorage.clear()")


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
