"""What is done about alerts, in a real browser: investigations with files, playbooks, approvals, listeners with their dead letters, and feeds."""
import hashlib
import json
import pathlib
import socket
import sys
import tempfile

import browser
from carrel_program import SKIPPED, main
from page_case import set_value
from page_data import HOSTILE, Filler
from page_work import WorkTest
from page_work_data import ASK, LONG, NOTE, eventually, free_port


class Investigations(WorkTest):
    def new_case(self, **more):
        return self.filler.post("/investigations", {"title": "Case of a test", **more})

    def test_a_case_goes_along_its_states_until_it_is_closed(self):
        self.enter(fragment="#/investigations")
        self.press_button("New investigation")
        self.window.wait("document.activeElement.name === 'title'")
        self.window.type("By the page")
        self.window.run(set_value("dialog select[name=assignee_id]", "tess"))
        self.press_button("Create")
        self.wait_for_text("By the page", "h1")
        for status, said in (("In progress", "Open → In progress"), ("Resolved", "In progress → Resolved")):
            self.press_button(status)
            self.window.wait("document.activeElement.name === 'note'")
            self.window.type("so it is")
            self.press_button("Change")
            self.wait_for_text(said, ".timeline")
        self.assertIn("so it is", self.text(".timeline"))
        self.press_button("Close")
        self.window.wait("document.querySelector('dialog textarea[name=summary]')")
        self.press_button("Close it")
        self.wait_for_text("required", "dialog .fault:not([hidden])")
        self.window.run(set_value("dialog input[name=resolution_category]", "contained"))
        self.window.run(set_value("dialog textarea[name=summary]", "Nothing is left of it."))
        self.press_button("Close it")
        self.wait_for_text("Closed", "main .two")
        self.wait_for_text("Nothing is left of it.", "main .two")
        self.assertEqual(self.window.run("[...document.querySelectorAll('.heading button')].map((each) => each.textContent)"), ["Delete"])
        id = self.window.run("location.hash.split('/').pop()")
        kept = self.filler.get(f"/investigations/{id}")
        self.assertEqual((kept["status"], kept["verdict"], kept["assignee_id"]), ("closed", "true_positive", "tess"))
        self.window.complaints()  # the refusal is meant

    def test_a_note_is_added_by_keyboard_and_shown_as_it_is(self):
        case = self.new_case()
        self.enter(fragment=f"#/investigations/{case['id']}")
        self.window.run("document.querySelector('textarea[name=content]').focus()")
        self.window.type(HOSTILE)
        self.window.press("Tab", "Enter")
        self.wait_for_text(HOSTILE, ".timeline")
        self.assertEqual(self.window.run("document.querySelector('textarea[name=content]').value"), "")
        self.window.wait("document.activeElement.textContent === 'Add note'")

    def test_a_timeline_has_pages_and_kinds(self):
        case = self.new_case()
        for at in range(105):
            self.filler.post(f"/investigations/{case['id']}/notes", {"content": f"Note {at}."})
        self.filler.post(f"/investigations/{case['id']}/status", {"status": "in_progress"})
        self.enter(fragment=f"#/investigations/{case['id']}")
        self.wait_for_text("Note 104.", ".timeline")
        self.assertNotIn("Note 0.", self.text(".timeline"))
        self.press_button("Show more")
        self.wait_for_text("Note 0.", ".timeline")
        self.assertEqual(self.window.run("document.querySelectorAll('.timeline li').length"), 106)
        self.window.run("(() => { const type = document.querySelector('section .filters select'); type.value = 'transition'; type.dispatchEvent(new Event('change')); })()")
        self.window.wait("document.querySelectorAll('.timeline li').length === 1")

    def test_a_file_is_sent_fetched_verified_and_taken_away(self):
        case = self.new_case()
        self.enter(fragment=f"#/investigations/{case['id']}")
        with tempfile.TemporaryDirectory() as folder:
            content = b"Log path changed\n" * 5000
            file = pathlib.Path(folder, f"of {LONG[:40]}.log")
            file.write_bytes(content)
            self.press_button("Add a file")
            self.press_button("Send")
            self.wait_for_text("Choose a file.", "dialog .fault:not([hidden])")
            self.window.choose_file("dialog input[type=file]", file)
            self.window.run(set_value("dialog input[name=description]", HOSTILE))
            self.press_button("Send")
            self.wait_for_text(hashlib.sha256(content).hexdigest())
            self.wait_for_text(file.name, ".timeline")
            fetched = pathlib.Path(folder, "fetched")
            self.window.protocol("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(fetched))
            self.press_button("Download")
            # The browser's own files are beside it, and it has its name before it is whole.
            [got] = eventually(lambda: [each for each in fetched.glob("*.log") if each.read_bytes() == content])
            self.assertEqual(got.name, file.name)
        self.press_button("Verify")
        self.wait_for_text("Intact", "#toasts")
        self.press_button("Custody")
        self.wait_for_text("Verified by ann", "dialog")
        self.assertIn("Downloaded by ann", self.text("dialog"))
        self.press_button("Done")
        self.press_button("Delete", ".list button")
        self.press_button("Delete", "dialog footer button")
        self.wait_for_text("There are no files.")

    def test_a_file_of_a_kind_that_is_refused_says_why(self):
        case = self.new_case()
        self.enter(fragment=f"#/investigations/{case['id']}")
        with tempfile.NamedTemporaryFile(suffix=".html") as file:
            file.write(b"<!doctype html><script>1</script>")
            file.flush()
            self.press_button("Add a file")
            self.window.choose_file("dialog input[type=file]", file.name)
            self.press_button("Send")
            self.window.wait("document.querySelector('dialog .fault:not([hidden])')")
        self.window.complaints()  # the refusal is meant

    def test_an_alert_is_linked_and_unlinked(self):
        case = self.new_case()
        alert = self.ids["alerts"][3]
        self.enter(fragment=f"#/investigations/{case['id']}")
        self.press_button("Link an alert")
        self.window.wait("document.activeElement.name === 'alert'")
        self.window.type(alert)
        self.press_button("Link")
        self.wait_for_text("Alert 3", "table")
        self.press_button("Link an alert")
        self.window.wait("document.activeElement.name === 'alert'")
        self.window.type("not-there")
        self.press_button("Link")
        self.window.wait("document.querySelector('dialog .fault:not([hidden])')")
        self.window.press("Escape")
        self.press_button("Unlink")
        self.wait_for_text("None is linked.")
        self.assertIsNone(self.filler.get(f"/alerts/{alert}")["investigation_id"])
        self.window.complaints()  # the refusal is meant

    def test_what_somebody_else_has_changed_is_said_and_nothing_is_lost(self):
        case = self.new_case(description="old")
        path = f"/investigations/{case['id']}"
        self.enter(fragment="#" + path)
        self.press_button("Edit")
        self.window.wait("document.activeElement.name === 'title'")
        self.window.run(set_value("dialog input[name=title]", "Mine"))
        self.filler.patch(path, {"title": "Theirs", "description": "new"})
        self.press_button("Save")
        self.wait_for_text("Theirs", "dialog .fault:not([hidden])")
        self.assertEqual(self.window.run("document.querySelector('dialog input[name=title]').value"), "Mine")
        self.assertEqual(self.filler.get(path)["title"], "Theirs")
        self.press_button("Save")
        self.wait_for_text("Mine", "h1")
        kept = self.filler.get(path)
        self.assertEqual((kept["title"], kept["description"]), ("Mine", "new"))  # what was not touched here stays theirs
        self.press_button("In progress")
        self.filler.patch(path, {"priority": "low"})
        self.press_button("Change")
        self.wait_for_text("Somebody else has changed this", "dialog .fault:not([hidden])")
        self.assertEqual(self.filler.get(path)["status"], "open")
        self.window.complaints()  # the refusals are meant


class Playbooks(WorkTest):
    def test_a_playbook_runs_and_goes_on_with_an_approval(self):
        self.enter(fragment=f"#/playbooks/{self.ids['playbook']}")
        self.assertIn("severity greater or equal \"high\"", self.text())
        self.press_button("Run")
        self.window.wait("document.activeElement.name === 'alert_id'")
        self.window.type(self.ids["alerts"][1])
        self.press_button("Run", "dialog button")
        self.window.wait("location.hash.startsWith('#/executions/')")
        self.wait_for_text("Waiting", ".facts")
        execution = self.window.run("location.hash.split('/').pop()")
        self.window.run("document.querySelector('.facts a[href*=approvals]').click()")
        self.press_button("Ask before it is closed")
        self.window.wait("document.querySelector('dialog textarea')")
        self.window.run(set_value("dialog textarea", "It is all right."))
        self.press_button("Comment")
        self.wait_for_text("It is all right.", "dialog .timeline")
        self.press_button("Approve")
        self.wait_for_text("Approve by ann", "dialog .timeline")
        self.assertEqual(self.window.run("document.querySelectorAll('dialog .actions[role=group]').length"), 0)
        self.go(f"executions/{execution}")
        self.window.wait("document.querySelector('.facts .status-completed')")
        self.assertEqual(self.window.run("[...document.querySelectorAll('td .status-succeeded')].length"), 3)

    def test_an_execution_is_followed_while_it_is_looked_at(self):
        made = self.filler.post("/playbooks", {"name": "Followed", "enabled": True, "steps": [ASK]})
        one = self.filler.post(f"/playbooks/{made['id']}/execute", {"alert_id": self.ids["alerts"][1]}, expected=(202,))
        self.enter(fragment=f"#/executions/{one['id']}")
        self.wait_for_text("Waiting", ".facts")
        self.press_button("Reject")
        self.window.wait("document.querySelector('dialog textarea')")
        self.window.type("No.")
        self.press_button("Reject", "dialog button")
        self.window.wait("document.querySelector('.facts .status-failed')")
        self.press_button("Delete")
        self.press_button("Delete", "dialog footer button")
        self.window.wait("location.hash === '#/executions'")

    def test_an_approval_that_was_decided_meanwhile_is_shown_anew_with_the_comment_kept(self):
        made = self.filler.post("/playbooks", {"name": "Decided twice", "enabled": True, "steps": [ASK]})
        one = self.filler.post(f"/playbooks/{made['id']}/execute", {"alert_id": self.ids["alerts"][1]}, expected=(202,))
        approval = eventually(lambda: self.filler.get(f"/approvals?execution_id={one['id']}")["items"])[0]
        self.enter(fragment=f"#/approvals?id={approval['id']}")
        self.window.wait("document.querySelector('dialog textarea')")
        self.window.run(set_value("dialog textarea", "Kept words"))
        Filler(self.server.client(), "tess").post(f"/approvals/{approval['id']}/actions", {"action": "comment", "comment": "By tess"})
        self.press_button("Approve")
        self.wait_for_text("the version is 2", "#toasts")
        self.wait_for_text("By tess", "dialog .timeline")
        self.assertEqual(self.window.run("document.querySelector('dialog textarea').value"), "Kept words")
        self.press_button("Approve")
        self.wait_for_text("Kept words", "dialog .timeline")
        self.window.complaints()  # the refusal is meant

    def test_an_approval_that_is_nobody_elses_business_is_refused_with_the_reason(self):
        made = self.filler.post("/playbooks", {"name": "For ann", "enabled": True, "steps": [ASK | {"approval": {"approvers": ["ann"], "allow_self_approval": True}}]})
        one = self.filler.post(f"/playbooks/{made['id']}/execute", {"alert_id": self.ids["alerts"][1]}, expected=(202,))
        approval = eventually(lambda: self.filler.get(f"/approvals?execution_id={one['id']}")["items"])[0]
        self.enter("tess", f"#/approvals?id={approval['id']}")
        self.press_button("Approve")
        self.window.wait("document.querySelector('#toasts .error')")
        self.assertEqual(self.filler.get(f"/approvals/{approval['id']}")["status"], "pending")
        self.window.complaints()  # the refusal is meant

    def test_a_playbook_is_written_checked_switched_and_deleted(self):
        self.enter(fragment="#/playbooks")
        self.press_button("New playbook")
        self.window.wait("document.querySelector('dialog .code textarea')")
        broken = {"name": "Written", "enabled": False, "steps": [{"id": "a", "type": "add_note", "parameters": {}}]}
        write = lambda text: self.window.run(f"(() => {{ const area = document.querySelector('dialog .code textarea'); area.value = {json.dumps(text)}; area.dispatchEvent(new Event('input', {{bubbles: true}})); }})()")
        write(json.dumps(broken, indent=1).replace('"steps"', 'steps'))
        self.press_button("Check")
        self.wait_for_text("Line 4", ".code-faults")
        write(json.dumps(broken))
        self.press_button("Check")
        self.wait_for_text("steps[0].parameters", ".code-faults")
        write(json.dumps(broken | {"steps": [NOTE]}))
        self.press_button("Save", "dialog button")
        self.wait_for_text("Written", "h1")
        self.press_button("Switch on")
        self.wait_for_text("Run", ".heading")
        self.press_button("Duplicate")
        self.wait_for_text("Written (copy)", "h1")
        self.press_button("Delete")
        self.press_button("Delete", "dialog footer button")
        self.window.wait("location.hash === '#/playbooks'")
        self.assertEqual([each["enabled"] for each in self.filler.get("/playbooks?q=Written")["items"]], [True])


class Incoming(WorkTest):
    def test_a_listener_is_made_started_counted_stopped_and_deleted(self):
        port = free_port()
        self.enter(fragment="#/listeners")
        self.press_button("New listener")
        self.window.wait("document.querySelector('dialog select')")
        self.window.run(set_value("dialog select", "json-tcp"))
        self.window.run(set_value("dialog input[name=name]", "By the page"))
        self.window.run(set_value("dialog input[name=port]", str(port)))
        self.press_button("Create")
        self.press_button("By the page")
        self.press_button("Start")
        self.wait_for_text("Running", "dialog")
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(b'{"message":"one"}\n{"message":"two"}\nthree\n')
        self.window.wait("[...document.querySelectorAll('dialog .tile')].map((each) => each.textContent).join(' ').startsWith('Received3 Stored2 Dead letters1')")
        self.press_button("Restart")
        self.wait_for_text("It was restarted.", "#toasts")
        self.press_button("Stop")
        self.wait_for_text("Stopped", "dialog .line")
        self.press_button("Delete")
        self.press_button("Delete", "dialog footer button")
        self.window.wait("!document.querySelector('dialog')")
        self.window.wait("!document.querySelector('main table').innerText.includes('By the page')")

    def test_a_listener_that_cannot_start_says_why(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            one = self.filler.post("/listeners", {"name": "Taken", "type": "json", "protocol": "tcp", "host": "127.0.0.1", "port": taken.getsockname()[1]})
            self.enter(fragment=f"#/listeners?id={one['id']}")
            self.press_button("Start")
            self.wait_for_text("is in use already", "#toasts")
            self.wait_for_text("is in use already", "dialog")

    def test_dead_letters_are_replayed_and_discarded(self):
        self.enter(fragment=f"#/dead_letters?status=pending&listener={self.ids['listener']}")
        self.press_button("bad line 0")
        self.press_button("Replay")
        self.window.wait("document.querySelector('#toasts .error')")
        self.press_button("Replay as a message")
        self.wait_for_text("Stored as an event.", "#toasts")
        self.wait_for_text("Replayed", "dialog")
        self.window.press("Escape")
        self.window.wait("!document.querySelector('main table').innerText.includes('bad line 0')")
        self.assertEqual(self.filler.get("/events/count?q=%22bad+line+0%22")["count"], 1)
        self.window.run("[...document.querySelectorAll('td.select input')].slice(0, 2).forEach((each) => each.click())")
        self.press_button("Discard")
        self.press_button("Discard", "dialog footer button")
        self.wait_for_text("2 letters discarded.", "#toasts")
        self.wait_for_text("5 dead letters")
        self.press_button("Replay all pending")
        self.wait_for_text("0 letters replayed, 5 not", "#toasts")
        self.window.complaints()  # the refusal is meant

    def test_dead_letters_come_in_pages(self):
        with socket.create_connection(("127.0.0.1", self.ids["port"])) as link:
            link.sendall(b"".join(b"paged %d\n" % at for at in range(60)))
        eventually(lambda: self.filler.get("/dlq/count?status=pending")["count"] >= 60)
        self.enter(fragment="#/dead_letters?status=pending")
        self.wait_for_text("paged 59")
        self.assertEqual(self.window.run("document.querySelectorAll('tbody tr').length"), 50)
        self.press_button("Show more")
        pending = self.filler.get("/dlq/count?status=pending")["count"]
        self.window.wait(f"document.querySelectorAll('tbody tr').length === {pending}")
        shown = self.window.run("[...document.querySelectorAll('tbody .link')].map((each) => each.textContent).filter((each) => each.startsWith('paged'))")
        self.assertEqual(sorted(shown), sorted(f"paged {at}" for at in range(60)))

    def test_a_feed_is_read_now_and_says_what_came_of_it(self):
        self.enter(fragment=f"#/feeds?id={self.ids['feed']}")
        self.wait_for_text("created 1", "dialog .timeline")
        self.press_button("Read now")
        self.wait_for_text("unchanged 1", "#toasts")
        self.window.wait("document.querySelectorAll('dialog .timeline > li').length === 2")
        self.window.run("document.querySelector('dialog details').open = true")
        self.assertIn("logsource is missing", self.text("dialog details"))
        self.go(f"feeds?id={self.ids['bad_feed']}")
        self.wait_for_text("cannot be read", "dialog [role=alert]")
        self.press_button("Read now")
        self.wait_for_text("cannot be read", "#toasts .error")

    def test_a_feed_is_made_switched_and_deleted(self):
        self.enter(fragment="#/feeds/iocs")
        self.press_button("New feed")
        self.window.wait("document.activeElement.name === 'name'")
        self.window.type("By the page")
        self.window.run(set_value("dialog select[name=type]", "filesystem"))
        self.window.run(set_value("dialog input[name=path]", "iocs.txt"))
        self.press_button("Create")
        self.press_button("By the page")
        self.press_button("Try without storing")
        self.wait_for_text("indicators 2", "#toasts")
        self.press_button("Switch off")
        self.wait_for_text("Disabled", "dialog .line")
        self.press_button("Delete")
        self.press_button("Delete", "dialog footer button")
        self.window.wait("!document.querySelector('dialog')")
        self.assertEqual(self.filler.get("/ioc-feeds/count")["count"], 1)


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
