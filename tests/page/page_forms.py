"""The forms of feeds and listeners in a real browser: each member that the API takes, secrets that are never shown again, and faults at
the field that they are about."""
import json
import sys

import browser
from carrel_program import SKIPPED, Server, main
from page_case import PageTest, set_value
from page_data import LONG_NUMBER, PASSWORD, Filler
from page_looks import looks
from page_work_data import free_port

SECRET = "Very-secret-42"
SHOWN_FIELDS = "[...document.querySelectorAll('dialog :is(input, select, textarea)')].filter((each) => each.checkVisibility()).map((each) => each.name)"


class FormTest(PageTest):
    @classmethod
    def begin_server(cls):
        database = cls.folder_of_ann()
        (database / "feeds").mkdir()
        server = Server("--login-rate", "0", "--feeds-dir", str(database / "feeds"), directory=database)
        cls.filler = Filler(server.client())
        return server

    def setUp(self):
        super().setUp()
        self.filler.client.close()  # the next request opens a connection: the server ends those that are idle

    def tearDown(self):
        self.assertEqual([each for each in self.window.complaints() if "Failed to load resource" not in each], [])  # refusals are meant

    def begin_form(self, fragment, button):
        self.enter(fragment=fragment)
        self.press_button(button)
        self.window.wait("document.querySelector('dialog form')")

    def set(self, **values):
        for name, value in values.items():
            if isinstance(value, bool):
                self.window.run(f"(() => {{ const box = document.querySelector('dialog [name=\"{name}\"]'); if (box.checked !== {json.dumps(value)}) box.click(); }})()")
            else:
                self.window.run(set_value(f"dialog [name='{name.replace('__', '.')}']", value))

    def value(self, name):
        return self.window.run(f"document.querySelector('dialog [name={json.dumps(name)}]').value")

    def fault_at(self, name):
        """What is said below a field, once something is."""
        return self.window.wait(f"""(() => {{
            const control = document.querySelector('dialog [name={json.dumps(name)}]');
            const box = control.matches('fieldset') ? control : control.parentElement;
            return box.querySelector(':scope > .fault:not([hidden])')?.textContent;
        }})()""")

    def save(self, label="Save"):
        self.press_button(label, "dialog button")

    def saved(self, label="Save"):
        self.save(label)
        self.window.wait("!document.querySelector('dialog.modal')")


class FeedForms(FormTest):
    def edit(self, feed, of="feeds"):
        self.begin_form(f"#/{of}?id={feed['id']}", "Edit")

    def only_one(self, path, name):
        return [each for each in self.filler.get(path)["items"] if each["name"] == name][0]

    def test_a_secret_is_set_kept_replaced_and_taken_away_and_never_shown(self):
        self.begin_form("#/feeds", "New feed")
        self.set(name="With a secret", url="https://feeds.example/rules.zip", auth_config__type="basic", auth_config__user="reader", auth_config__password=SECRET)
        self.assertEqual(self.window.run("document.querySelector('dialog [name=\"auth_config.password\"]').type"), "password")
        self.saved("Create")
        feed = self.only_one("/feeds", "With a secret")
        self.assertTrue(feed["has_auth"])
        self.edit(feed)
        self.assertEqual(self.value("auth_config.type"), "kept")
        self.assertNotIn(SECRET, self.window.run("document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((each) => each.value)"))
        self.set(tags="one")
        self.saved()
        kept = self.filler.get(f"/feeds/{feed['id']}")
        self.assertEqual((kept["has_auth"], kept["tags"]), (True, ["one"]))
        self.press_button("Edit")
        self.set(url="https://elsewhere.example/rules.zip")
        self.save()
        self.assertIn("must be given again", self.fault_at("auth_config"))
        self.assertEqual(self.window.run("document.activeElement.name"), "auth_config.type")
        self.set(auth_config__type="bearer", auth_config__token=SECRET)
        self.saved()
        kept = self.filler.get(f"/feeds/{feed['id']}")
        self.assertEqual((kept["has_auth"], kept["url"]), (True, "https://elsewhere.example/rules.zip"))
        self.wait_for_text("Set", "dialog .facts")
        self.press_button("Edit")
        self.set(auth_config__type="")
        self.saved()
        self.assertFalse(self.filler.get(f"/feeds/{feed['id']}")["has_auth"])

    def test_a_header_that_may_not_be_sent_is_refused_at_the_secret(self):
        self.begin_form("#/feeds", "New feed")
        self.set(name="With a header", url="https://feeds.example/x.yml", auth_config__type="header", auth_config__name="Two words", auth_config__value="v")
        self.save("Create")
        self.assertIn("no header that may be sent", self.fault_at("auth_config"))
        self.assertEqual([each for each in self.filler.get("/feeds")["items"] if each["name"] == "With a header"], [])
        self.set(auth_config__name="X-Api-Key")
        self.saved("Create")
        self.assertTrue(self.only_one("/feeds", "With a header")["has_auth"])

    def test_a_form_has_what_its_type_takes_and_leaves_out_the_rest(self):
        made = self.filler.post("/feeds", {"name": "Turned", "type": "http", "url": "https://feeds.example/a.yml", "auth_config": {"type": "bearer", "token": SECRET}})
        self.edit(made)
        names = self.window.run(SHOWN_FIELDS)
        self.assertTrue({"url", "auth_config.type"} <= set(names) and not {"branch", "path", "auth_config.token", "update_schedule"} & set(names), names)
        self.set(type="git", update_strategy="scheduled")
        names = self.window.run(SHOWN_FIELDS)
        self.assertTrue({"url", "branch", "path", "update_schedule"} <= set(names) and "auth_config.type" not in names, names)
        self.set(type="filesystem", path="rules")
        self.save()
        self.assertIn("is required", self.fault_at("update_schedule"))
        self.set(update_schedule="6h")
        self.saved()
        kept = self.filler.get(f"/feeds/{made['id']}")
        self.assertEqual((kept["type"], kept["url"], kept["path"], kept["has_auth"], kept["update_schedule"]), ("filesystem", None, "rules", False, "6h"))

    def test_filters_of_a_feed_of_rules(self):
        self.begin_form("#/feeds", "New feed")
        self.set(name="Filtered", type="filesystem", path="rules", include_paths="windows/*.yml\nlinux, too/*.yml", exclude_paths="*/deprecated/*", include_tags="attack.execution, own",
                 exclude_tags="noisy", min_severity="high", auto_enable_rules=True, metadata=f'{{"ticket": {LONG_NUMBER}}}')
        self.saved("Create")
        kept = self.only_one("/feeds", "Filtered")
        self.assertEqual({name: kept[name] for name in ("include_paths", "exclude_paths", "include_tags", "exclude_tags", "min_severity", "auto_enable_rules", "metadata")}, {
            "include_paths": ["windows/*.yml", "linux, too/*.yml"], "exclude_paths": ["*/deprecated/*"], "include_tags": ["attack.execution", "own"], "exclude_tags": ["noisy"],
            "min_severity": "high", "auto_enable_rules": True, "metadata": {"ticket": LONG_NUMBER}})
        self.press_button("Filtered")
        self.wait_for_text("windows/*.yml, linux, too/*.yml", "dialog .facts")
        self.press_button("Edit")
        self.saved()
        self.assertEqual(self.filler.get(f"/feeds/{kept['id']}")["version"], kept["version"])  # nothing was changed
        self.press_button("Edit")
        self.set(min_severity="", include_tags="", metadata="")
        self.saved()
        kept = self.filler.get(f"/feeds/{kept['id']}")
        self.assertEqual((kept["min_severity"], kept["include_tags"], kept["metadata"]), (None, [], None))

    def test_how_a_feed_of_indicators_is_read_and_filtered(self):
        self.begin_form("#/feeds/iocs", "New feed")
        self.assertNotIn("delimiter", self.window.run(SHOWN_FIELDS))
        self.set(name="Columns", type="filesystem", path="a.csv", format="csv")
        self.assertIn("delimiter", self.window.run(SHOWN_FIELDS))
        self.set(delimiter="\t", comment_char="#", skip_header=True, value_column="2", type_column="0", field_mapping="value=indicator\ntags=labels", include_types="ip, nonsense, rubbish",
                 exclude_types="cve", min_confidence="40", default_type="ip", default_severity="high", default_status="active", auto_expire_days="30")
        self.save("Create")
        fault = self.fault_at("include_types")
        self.assertIn("include_types[1]: must be one of", fault)
        self.assertIn("include_types[2]: must be one of", fault)
        self.assertEqual(self.window.run("document.activeElement.name"), "include_types")  # its box has been opened
        self.set(include_types="ip, domain")
        self.saved("Create")
        kept = self.only_one("/ioc-feeds", "Columns")
        wanted = {"delimiter": "\t", "comment_char": "#", "skip_header": True, "value_column": 2, "type_column": 0, "field_mapping": {"value": "indicator", "tags": "labels"},
                  "include_types": ["ip", "domain"], "exclude_types": ["cve"], "min_confidence": 40, "default_type": "ip", "default_severity": "high", "default_status": "active",
                  "auto_expire_days": 30}
        self.assertEqual({name: kept[name] for name in wanted}, wanted)
        self.edit(kept, "feeds/iocs")
        self.assertEqual((self.value("delimiter"), self.value("field_mapping")), ("\t", "value=indicator\ntags=labels"))
        self.set(field_mapping="value=indicator\nnonsense=x")
        self.save()
        self.assertIn("field_mapping.nonsense: must be one of", self.fault_at("field_mapping"))
        self.set(field_mapping="")
        self.saved()
        self.assertIsNone(self.filler.get(f"/ioc-feeds/{kept['id']}")["field_mapping"])

    def test_what_is_no_json_is_said_at_its_field_and_not_sent(self):
        self.begin_form("#/feeds", "New feed")
        self.set(name="Not kept", type="filesystem", path="rules", metadata="{broken")
        self.save("Create")
        self.assertEqual(self.fault_at("metadata"), "This is not JSON.")
        self.set(metadata="[1]")
        self.save("Create")
        self.window.wait("document.querySelector('dialog [name=metadata] ~ .fault:not([hidden])')?.textContent.includes('object')")
        self.assertEqual([each for each in self.filler.get("/feeds")["items"] if each["name"] == "Not kept"], [])


class ListenerForms(FormTest):
    def test_a_listener_gets_fields_and_a_mapping(self):
        mapping = self.filler.post("/field-mappings", {"name": "Of the lab", "mappings": {"box": "host"}})
        self.begin_form("#/listeners", "New listener")
        port = free_port()
        self.set(template="json-tcp", name="With fields", port=str(port), fields='{"site": "lab"', field_mapping=mapping["id"])
        self.assertIn("Of the lab", self.window.run("document.querySelector('dialog [name=field_mapping]').selectedOptions[0].textContent"))
        self.save("Create")
        self.assertEqual(self.fault_at("fields"), "This is not JSON.")
        self.set(fields=f'{{"site": "lab", "rack": {LONG_NUMBER}}}')
        self.saved("Create")
        [kept] = [each for each in self.filler.get("/listeners")["items"] if each["name"] == "With fields"]
        self.assertEqual((kept["fields"], kept["field_mapping"], kept["port"], kept["type"]), ({"site": "lab", "rack": LONG_NUMBER}, mapping["id"], port, "json"))
        self.press_button("With fields")
        self.wait_for_text(str(LONG_NUMBER), "dialog")  # the counts are facts, too
        self.wait_for_text("Of the lab", "dialog")
        for theme, width in looks(0):
            self.window.colors(theme)
            self.window.resize(width)
            self.assert_nothing_keeps_people_out(f"listener, {theme}, {width}")
            self.shoot(f"window-listener-mapping-{theme}-{width}")
        self.window.colors("light")
        self.window.resize(1920)
        self.press_button("Edit")
        self.window.wait("document.querySelector('dialog form')")
        self.assertEqual(json.loads(self.value("fields")), kept["fields"])
        self.set(fields="7")
        self.save()
        self.window.wait("document.querySelector('dialog [name=fields] ~ .fault:not([hidden])')?.textContent.includes('object')")
        self.set(fields="", field_mapping="", description="no fields")
        self.saved()
        now = self.filler.get(f"/listeners/{kept['id']}")
        self.assertEqual((now["fields"], now["field_mapping"], now["description"]), (None, None, "no fields"))
        self.wait_for_text("Those in force", "dialog")

    def test_who_may_not_see_mappings_names_one_by_its_id(self):
        self.filler.post("/roles", {"name": "wirer", "permissions": ["read:listeners", "write:listeners"]})
        [role] = [each for each in self.filler.get("/roles")["items"] if each["name"] == "wirer"]
        self.filler.post("/users", {"username": "wim", "role": role["id"], "password": PASSWORD, "must_change_password": False})
        self.enter("wim", "#/listeners")
        self.press_button("New listener")
        self.window.wait("document.querySelector('dialog form')")
        self.set(template="json-udp", port=str(free_port()), field_mapping="not-there")
        self.save("Create")
        self.assertEqual(self.fault_at("field_mapping"), "does not exist")


if __name__ == "__main__":
    if not browser.is_there():
        print("Chromium and its driver are not here")
        sys.exit(SKIPPED)
    main()
