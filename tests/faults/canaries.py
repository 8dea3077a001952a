"""Each harness catches the fault that is built in for it: a check that cannot fail proves nothing.
Usage: canaries.py CARREL-CANARY CRASH-CANARIES FAULTS-CANARIES KILL-LEDGER.py DIFFERENTIAL.py"""
import subprocess
import sys
import unittest

from carrel_program import clean_environment

SERVER, CRASH, FAULTS, LEDGER, DIFFERENTIAL = sys.argv[1:6]


def run(canary, *command):
    return subprocess.run(command, env=clean_environment(CARREL_TEST_FAILPOINT=canary), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=280)


class Canaries(unittest.TestCase):
    def assert_caught(self, canary, *command):
        ended = run(canary, *command)
        # Ended by its own verdict, and because it saw the property broken.
        self.assertGreater(ended.returncode, 0, ended.stdout[-2000:])
        self.assertRegex(ended.stdout, r"violation", ended.stdout[-2000:])

    def test_a_cache_that_spills_is_caught_by_the_power_loss_simulator(self):
        self.assert_caught("spill", CRASH, "--run_test=power_loss", "--", "--large-percent", "40",
                           "--frames", "4096", "--batch", "1024")

    def test_an_early_acknowledgement_is_caught_by_the_power_loss_simulator(self):
        self.assert_caught("early_ack", CRASH, "--run_test=power_loss")

    def test_a_second_checkpointer_is_caught_by_the_power_loss_simulator(self):
        # Which of the two connections is first is chance: about one run in five goes wrong. So there may be many.
        self.assert_caught("second_checkpointer", CRASH, "--run_test=power_loss", "--", "--frames", "20", "--jobs", "200",
                           "--images-a-run", "10", "--images", "2000")

    def test_an_early_acknowledgement_is_caught_by_the_order_check(self):
        self.assert_caught("early_ack", CRASH, "--run_test=order")

    def test_an_early_acknowledgement_is_caught_by_the_kill_ledger(self):
        self.assert_caught("early_ack", sys.executable, "-B", LEDGER, SERVER)

    def test_a_seal_that_drops_an_event_is_caught_by_the_kill_ledger(self):
        self.assert_caught("seal_drops_event", sys.executable, "-B", LEDGER, SERVER)

    def test_a_deletion_that_drops_what_is_held_is_caught_by_the_kill_ledger(self):
        self.assert_caught("deletion_drops_held", sys.executable, "-B", LEDGER, SERVER)

    def test_a_cut_that_loses_a_neighbour_is_caught_by_the_kill_ledger(self):
        self.assert_caught("cut_loses_neighbour", sys.executable, "-B", LEDGER, SERVER)

    def test_a_filter_that_denies_a_token_is_caught_by_the_kill_ledger(self):
        self.assert_caught("filter_says_no", sys.executable, "-B", LEDGER, SERVER)

    def test_a_filter_that_denies_a_token_is_caught_by_the_differential_test(self):
        self.assert_caught("filter_says_no", sys.executable, "-B", DIFFERENTIAL, SERVER)

    def test_an_early_acknowledgement_is_caught_by_the_fault_sweep(self):
        self.assert_caught("early_ack", FAULTS, "--run_test=fault_sweep")

    def test_a_lost_reply_is_caught_by_the_sweep_of_operator_new(self):
        self.assert_caught("lost_reply", FAULTS, "--run_test=new_sweep", "--", "--stride", "1")

    def test_a_skipped_rerun_is_caught_by_the_isolation_matrix(self):
        self.assert_caught("no_rerun", FAULTS, "--run_test=isolation_matrix")

    def test_an_early_snapshot_is_caught_by_the_model_check(self):
        self.assert_caught("early_snapshot", FAULTS, "--run_test=model")

    def test_a_reader_that_is_never_interrupted_is_caught_by_the_bound_of_the_wal(self):
        self.assert_caught("endless_snapshot", FAULTS, "--run_test=wal_bound")

    def test_the_same_programs_without_a_fault_find_nothing(self):
        for command in ([CRASH, "--run_test=power_loss", "--", "--images", "100", "--jobs", "200"],
                        [FAULTS, "--run_test=isolation_matrix"]):
            ended = run("none", *command)
            self.assertEqual(ended.returncode, 0, ended.stdout[-2000:])


unittest.main(argv=[sys.argv[0]], verbosity=2)
