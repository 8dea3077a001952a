"""The screen of operations in a real browser: plans and ends of queries, backups, the archive of commits, by who may what."""
import concurrent.futures
import json
import pathlib
import sys
import tempfile
import urllib.parse

import browser
from carrel_program import SKIPPED, Server, main
from page_case import PageTest, set_value
from page_data import PASSWORD, Filler, fill_made
from page_looks import looks
from page_work_data import eventually

SECTION = "[...document.querySelectorAll('main section')].find((each) => each.querySelector('h2').textContent === '{}')"
# No block of events is passed over for such tests, as the events of each have smaller and larger numbers: each event is tried for each.
SLOW = " OR ".join(f"(n:>{at} n:<{at + 1})" for at in range(1, 110))
EVENTS = 40_000


class OperationsTest(PageTest):
    flags = ()

    @classmethod
    def begin_server(cls):
        cls.folder = cls.folder_of_ann()
        (cls.folder / "copies").mkdir()
        server = Server("--login-rate", "0", *(each.format(cls.folder) for each in cls.flags), directory=cls.folder)
        cls.filler = Filler(server.client())
        fill_made(cls.filler)
        return server

    def setUp(self):
        super().setUp()
        self.filler.client.close()  # the next request opens a connection: the server ends those that are idle

    def section(self, title):
        """What a section says; nothing if there is none."""
        return self.window.run(f"({SECTION.format(title)})?.innerText ?? ''")

    def press_in(self, title, label):
        self.window.wait(f"[...({SECTION.format(title)})?.querySelectorAll('button') ?? []].find((each) => each.textContent === {label!r})")
        self.window.run(f"[...({SECTION.format(title)}).querySelectorAll('button')].find((each) => each.textContent === {label!r}).click()")


class Kept(OperationsTest):
    flags = ("--backup-directory", "{}/copies", "--archive", "{}/archive")

    def test_backups_are_made_listed_fetched_and_deleted(self):
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Backups')})?.innerText.includes('There are none.')")
        self.press_in("Backups", "Make a backup")
        self.wait_for_text("was made and checked", "#toasts")
        self.window.wait(f"({SECTION.format('Backups')}).querySelector('td')")
        [copy] = self.filler.get("/admin/backups")["items"]
        self.assertIn(copy["name"], self.section("Backups"))
        self.assertEqual(self.window.run(f"({SECTION.format('Backups')}).querySelector('progress').checkVisibility()"), False)
        with tempfile.TemporaryDirectory() as fetched:
            self.window.protocol("Browser.setDownloadBehavior", behavior="allow", downloadPath=fetched)
            self.press_button("Download")
            [got] = eventually(lambda: [each for each in pathlib.Path(fetched).glob("*.db") if each.stat().st_size == copy["bytes"]])
            self.assertEqual(got.read_bytes()[:15], b"SQLite format 3")
        self.press_in("Backups", "Delete")
        self.press_button("Delete", "dialog footer button")
        self.window.wait(f"({SECTION.format('Backups')}).innerText.includes('There are none.')")
        self.assertEqual(self.filler.get("/admin/backups")["items"], [])

    def test_how_far_a_backup_is_is_said(self):
        self.enter(fragment="#/operations")
        # The server's copies of so little are made at once: the replies are made here.
        self.window.run("""(() => {
            const [real, states] = [window.fetch, ['copying', 'copying', 'checking', 'succeeded']];
            const reply = (body) => new Response(JSON.stringify(body), {status: 200, headers: {'Content-Type': 'application/json'}});
            window.seen = [];
            const look = () => document.querySelector('progress').checkVisibility() && window.seen.push([document.querySelector('progress').value, document.querySelector('progress + [role=status]').textContent]);
            window.fetch = async (url, init) => {
                if (!/admin\\/backup(\\/|$)/.test(url)) return real(url, init);
                look();
                const state = states.shift();
                return reply({id: 'b', state, name: 'made.db', progress: 1 - states.length / 4, finished_at: states.length ? null : '2026-01-01T00:00:00Z'});
            };
        })()""")
        self.press_in("Backups", "Make a backup")
        self.wait_for_text("made.db was made and checked", "#toasts")
        self.assertEqual(self.window.run("window.seen"), [[0.25, "Copying"], [0.5, "Copying"], [0.75, "Checking"]])

    def test_refused_requests_are_plotted(self):
        self.enter(fragment="#/operations")
        plotted = "[...document.querySelectorAll('figure.plot svg')].map((each) => each.getAttribute('aria-label')).find((each) => each.startsWith('Refused and failed requests: '))"
        self.window.wait(f"({plotted})?.includes('0.0/s')")
        for number in range(100):
            self.filler.client.get(f"/api/v1/alerts/none{number}", **self.filler.headers)
        self.window.wait(f"!({plotted}).includes('at most 0.0/s')")

    def test_the_archive_says_where_it_is(self):
        self.filler.post("/alerts", {"title": "One more commit", "severity": "low"})
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Archive of commits')})?.innerText.includes('Last commit')")
        archived = eventually(lambda: self.filler.client.get("/metrics", **self.filler.headers).body.decode().split("\ncarrel_archive_sequence ")[1].split()[0])
        self.assertGreater(float(archived), 3)
        self.window.wait(f"({SECTION.format('Archive of commits')}).innerText.replaceAll(',', '').match(/Last commit\\s+(\\d+)/)[1] >= {float(archived)}")
        self.assertIn("0 s", self.section("Archive of commits"))

    def test_the_screen_in_both_themes_at_each_width(self):
        self.enter()
        self.filler.post("/admin/backup", {"name": "a-name-that-is-long-but-allowed-" + "x" * 60 + ".db"}, expected=(202,))
        eventually(lambda: self.filler.get("/admin/backups")["items"])
        self.go("operations")
        for theme, width in looks(0):
            self.window.colors(theme)
            self.window.resize(width)
            self.assert_nothing_keeps_people_out(f"operations, {theme}, {width}")
            self.shoot(f"operations-all-{theme}-{width}")
        self.window.colors("light")


class Slow(OperationsTest):
    flags = ("--backup-directory", "{}/copies", "--backup-bytes-per-second", "1KiB")

    def test_a_backup_is_cancelled_and_says_so(self):
        self.enter(fragment="#/operations")
        self.press_in("Backups", "Make a backup")
        self.window.wait(f"({SECTION.format('Backups')}).innerText.includes('Copying')")
        self.press_in("Backups", "Cancel backup")
        self.wait_for_text("cancelled by ann", "#toasts .error")
        self.window.wait(f"!({SECTION.format('Backups')}).querySelector('progress').checkVisibility()")
        self.assertEqual(self.filler.get("/admin/backups")["items"], [])
        self.assertNotIn("was made", self.window.run("document.querySelector('#toasts').innerText"))


class Queries(OperationsTest):
    def test_a_plan_is_shown_by_keyboard_and_the_focus_comes_back(self):
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Top queries')})?.querySelector('td button')")
        statement = self.window.run(f"[...({SECTION.format('Top queries')}).querySelectorAll('tr')].find((each) => /^SELECT/.test(each.querySelector('td')?.textContent)).querySelector('td').textContent")
        self.window.run(f"[...({SECTION.format('Top queries')}).querySelectorAll('tr')].find((each) => each.querySelector('td')?.textContent === {statement!r}).querySelector('button').focus()")
        self.window.press("Enter")
        self.window.wait("document.querySelector('dialog [aria-label=Plan]')")
        self.assertEqual(self.text("dialog [aria-label=Statement]"), statement)
        self.assertRegex(self.text("dialog [aria-label=Plan]"), "SCAN|SEARCH")
        self.assert_nothing_keeps_people_out("plan")
        self.shoot("window-plan")
        self.window.press("Escape")
        self.window.wait("document.activeElement.textContent === 'Plan'")

    def test_the_plan_of_one_that_runs_is_shown_and_of_one_that_has_ended_since(self):
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Top queries')})?.querySelector('td button')")
        ended = self.window.run(f"[...({SECTION.format('Top queries')}).querySelectorAll('td:first-child')].map((each) => each.textContent).find((each) => /^SELECT/.test(each))")
        self.look_at_one_that_runs()
        for theme, width in looks(0):
            self.window.colors(theme)
            self.window.resize(width)
            self.assert_nothing_keeps_people_out(f"running query, {theme}, {width}")
            self.window.run(f"({SECTION.format('Running queries')}).scrollIntoView()")
            self.shoot(f"operations-running-{theme}-{width}")
        self.window.colors("light")
        self.window.resize(1920)
        self.press_in("Running queries", "Plan")
        self.window.wait("document.querySelector('dialog [aria-label=Plan]')")
        self.assertEqual((self.text("dialog [aria-label=Statement]"), self.text("dialog [aria-label=Plan]")), ("SELECT slow", "SCAN slow"))
        self.window.press("Escape")
        self.window.open("about:blank")
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Top queries')})?.querySelector('td button')")
        self.look_at_one_that_runs(ended, plan=None)
        self.press_in("Running queries", "Plan")
        self.window.wait("document.querySelector('dialog [aria-label=Plan]')")
        self.assertEqual(self.text("dialog [aria-label=Statement]"), ended)
        self.assertRegex(self.text("dialog [aria-label=Plan]"), "SCAN|SEARCH")

    def test_the_slowest_are_looked_for_first(self):
        self.enter(fragment="#/operations")
        self.window.wait(f"({SECTION.format('Top queries')})?.querySelector('td button')")
        self.window.run(set_value("main select:not(#theme)", "max_seconds"))
        self.window.wait("performance.getEntriesByType('resource').some((each) => each.name.endsWith('/queries/top?sort=max_seconds'))")
        self.window.wait(f"({SECTION.format('Top queries')}).querySelector('td button')")

    def test_a_query_that_runs_is_cancelled(self):
        lines = "".join(f'{{"n":{number},"@timestamp":"2026-03-03T00:00:00Z"}}\n' for number in (0, 1000))
        for _ in range(4):
            self.filler.post("/events", lines * (EVENTS // 8), "application/x-ndjson")
        headers = self.filler.headers | {"Carrel-Timeout-Ms": "60000"}
        ask = lambda: self.server.client().get("/api/v1/events/count?" + urllib.parse.urlencode({"q": SLOW}), **headers)
        self.enter(fragment="#/operations")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for _ in range(10):
                asked = pool.submit(ask)
                # Looked for and ended in one go: it does not run for long. A shard hands it on, under another id, soon after it begins.
                self.window.run(f"""(async () => {{
                    const section = {SECTION.format('Running queries')};
                    const named = (label, place) => [...(place?.querySelectorAll('button') ?? [])].find((each) => each.textContent === label);
                    const end = () => named('Cancel', [...section.querySelectorAll('tr')].find((each) => /background.*events.count/.test(each.textContent)));
                    for (const begun = Date.now(); Date.now() - begun < 5000 && !end(); await new Promise((done) => setTimeout(done, 5)))
                        if (!section.querySelector('[aria-busy]')) named('Look again', section).click();
                    end()?.click();
                }})()""")
                reply = asked.result()
                if reply.status == 503:
                    break
        self.assertEqual((reply.status, reply.json().get("type")), (503, "/problems/query_cancelled"))
        eventually(lambda: "cancel_query" in [each["action"] for each in self.filler.get("/audit?sort=-at&limit=20")["items"]])
        self.window.complaints()  # one that was over already is meant

    def test_a_server_without_a_folder_says_so(self):
        self.enter(fragment="#/operations")
        self.press_in("Backups", "Make a backup")
        self.wait_for_text("without --backup-directory", "#toasts .error")
        self.assertEqual(self.section("Archive of commits"), "")
        self.window.complaints()  # the refusal is meant

    def test_who_may_only_look_ends_and_copies_nothing(self):
        self.filler.post("/roles", {"name": "watcher", "permissions": ["read:system", "read:events"]})
        [role] = [each for each in self.filler.get("/roles")["items"] if each["name"] == "watcher"]
        self.filler.post("/users", {"username": "wanda", "role": role["id"], "password": PASSWORD, "must_change_password": False})
        self.enter("wanda", "#/operations")
        self.window.wait(f"({SECTION.format('Top queries')})?.querySelector('td button')")
        self.assertEqual(self.section("Backups"), "")
        offered = "[...new Set([...document.querySelectorAll('main button')].map((each) => each.textContent))].sort()"
        self.look_at_one_that_runs()
        self.assertEqual(self.window.run(offered), ["Look again", "Plan"])
        self.window.open("about:blank")
        self.enter(fragment="#/operations")
        self.look_at_one_that_runs()
        self.assertIn("Cancel", self.window.run(offered))

    def look_at_one_that_runs(self, statement="SELECT slow", plan="SCAN slow"):
        """What the section shows of a query that runs for as long as it is looked at; without a plan it has ended when that is looked for."""
        self.window.run(f"""(() => {{
            const [real, one] = [window.fetch, {{id: '1', lane: 'background', statement: {json.dumps(statement)}, running_seconds: 3, cancelled: false}}];
            const plan = {json.dumps(plan)};
            const reply = (...items) => Promise.resolve(new Response(JSON.stringify({{items}}), {{headers: {{'Content-Type': 'application/json'}}}}));
            window.fetch = (url, init) => url.endsWith('/queries/running') ? reply(one)
                : plan && url.endsWith('/queries/running?plan=true') ? reply({{...one, plan}}) : real(url, init);
        }})()""")
        self.press_in("Running queries", "Look again")
        self.window.wait(f"({SECTION.format('Running queries')}).innerText.includes({json.dumps(statement[:30])})")


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
