"""A flag beats the environment, the environment beats the file."""
import json
import pathlib
import tempfile
import unittest

from carrel_program import Server, clean_environment, main, run


class Settings(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="carrel-settings-")
        self.directory = pathlib.Path(self.temporary.name)
        self.file = self.directory / "carrel.toml"
        self.file.write_text('# all of it\nlisten = "127.0.0.1:0"\nreaders = 4  # not ten\nshards = 1\n'
                             'database = "from-file.db"\nlog-format = "json"\n')

    def tearDown(self):
        self.temporary.cleanup()

    def serve(self, *flags, **variables):
        server = Server(*flags, directory=self.directory, bare=True, env=clean_environment(**variables))
        self.addCleanup(server.end)
        return server

    def readers(self, server):
        return server.client().get("/api/v1/pool").json()["read"]["max_open"]

    def test_the_file_sets_what_nothing_else_sets(self):
        server = self.serve("--config", "carrel.toml")
        self.assertEqual(self.readers(server), 4)
        self.assertTrue((self.directory / "from-file.db").exists())
        self.assertEqual(server.stop(), 0)
        lines = server.log_text().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertEqual(list(json.loads(line)), ["time", "level", "message"])

    def test_the_environment_beats_the_file(self):
        server = self.serve("--config", "carrel.toml", CARREL_READERS="6", CARREL_DATABASE="from-environment.db")
        self.assertEqual(self.readers(server), 6)
        self.assertTrue((self.directory / "from-environment.db").exists())
        self.assertFalse((self.directory / "from-file.db").exists())

    def test_a_flag_beats_both(self):
        server = self.serve("--config", "carrel.toml", "--readers", "8", "--database", "from-flag.db",
                            CARREL_READERS="6", CARREL_DATABASE="from-environment.db")
        self.assertEqual(self.readers(server), 8)
        self.assertEqual([path.name for path in self.directory.glob("*.db")], ["from-flag.db"])

    def test_the_environment_names_the_file(self):
        server = self.serve(CARREL_CONFIG="carrel.toml")
        self.assertEqual(self.readers(server), 4)

    def test_defaults_are_those_of_the_contract(self):
        server = self.serve(CARREL_LISTEN="127.0.0.1:0")
        self.assertEqual(self.readers(server), 10)
        self.assertTrue((self.directory / "carrel.db").exists())

    def test_an_unknown_key_is_refused(self):
        self.file.write_text("raeders = 4\n")
        ended = run("serve", "--config", "carrel.toml", cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1))
        self.assertIn("raeders", ended.stderr)

    def test_a_bad_value_in_file_or_environment_is_refused(self):
        self.file.write_text('readers = "many"\n')
        ended = run("serve", "--config", "carrel.toml", cwd=self.directory)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (2, 1))
        ended = run("serve", cwd=self.directory, env=clean_environment(CARREL_DURABILITY="some"))
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (2, 1))
        self.assertEqual([path.name for path in self.directory.iterdir()], ["carrel.toml"])


    def test_values_are_those_of_toml(self):
        self.file.write_text('listen = "127.0.0.1:0"\ndatabase = "ev#1\\u00e9.db"  # one file\n')
        self.serve("--config", "carrel.toml")
        self.assertTrue((self.directory / "ev#1\u00e9.db").exists())

    def test_what_is_not_a_setting_is_refused_by_name(self):
        for text, naming in (("[serve]\nreaders = 4\n", "serve"), ("reders = 4\n", "reders"), ("readers = [\n", "line")):
            self.file.write_text(text)
            ended = run("serve", "--config", "carrel.toml", cwd=self.directory)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1), ended)
            self.assertIn(naming, ended.stderr)
        ended = run("serve", cwd=self.directory, env=clean_environment(CARREL_REEDERS="4"))
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr.count("\n")), (2, "", 1), ended)
        self.assertIn("CARREL_REEDERS", ended.stderr)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["carrel.toml"])

    def test_the_limits_of_the_front_end_are_settings(self):
        server = self.serve("--config", "carrel.toml", "--events-max", "2", CARREL_UNPACK_RATIO_MAX="7", CARREL_DISK_RESERVE_MIB="0")
        client = server.client()
        lines = {"Content_Type": "application/x-ndjson"}
        self.assertEqual(client.post("/api/v1/events", "{}\n{}\n", **lines).status, 201)
        self.assertEqual(client.post("/api/v1/events", "{}\n{}\n{}\n", **lines).status, 413)
        client.close()

    def test_a_named_origin_and_a_trusted_proxy_are_settings(self):
        server = self.serve("--config", "carrel.toml", "--allow-origin", "https://siem.example", "--trusted-proxy",
                            "127.0.0.1")
        client = server.client()
        reply = client.get("/api/v1/alerts", Origin="https://siem.example")
        self.assertEqual(reply.headers["Access-Control-Allow-Origin"], "https://siem.example")
        self.assertNotIn("Access-Control-Allow-Origin", client.get("/health/live", Origin="https://other.example").headers)
        client.close()
        self.assertIn("origin https://siem.example, proxy 127.0.0.1", server.log_text())

    def test_hosts_are_names_and_addresses_with_a_port_or_for_any(self):
        server = self.serve("--config", "carrel.toml", "--allow-host", "siem.example", "--allow-host", "[2001:db8::1]", "--allow-host",
                            "2001:db8::2,other.example:8443")
        client = server.client()
        for host, status in (("siem.example", 200), ("siem.example:7", 200), ("[2001:db8::1]", 200), ("[2001:DB8::2]:7", 200),
                             ("other.example:8443", 200), ("other.example", 421), ("[2001:db8::3]", 421)):
            self.assertEqual(client.get("/api/v1/alerts", Host=host).status, status, host)
        client.close()

    def test_the_log_begins_with_the_settings_in_force(self):
        server = self.serve("--config", "carrel.toml", "--log-format", "text", CARREL_READERS="6")
        self.assertEqual(server.stop(), 0)
        started = [line for line in server.log_text().splitlines() if "durability full" in line]
        self.assertEqual(len(started), 1, server.log_text())
        for part in ("from-file.db", "readers 6", "shards 1", server.url):
            self.assertIn(part, started[0])


main()
