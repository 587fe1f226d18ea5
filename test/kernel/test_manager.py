"""Our kernel under Jupyter's own manager: restarts, shutdowns, interrupts, sudden deaths, several front ends."""

import os
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path
from queue import Empty

from jupyter_client.manager import KernelManager

# Bounds against hanging, far above what the slowest machine needs.
PATIENCE_S = 120
LOOP = "console.log('running'); while (true) {}"


class ManagerTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.history = Path(self.folder.name) / "history.jsonl"
        self.manager = KernelManager(kernel_name="sightbook", shutdown_wait_time=PATIENCE_S)
        self.addCleanup(self.folder.cleanup)
        self.start()

    def start(self):
        environment = {**os.environ, "SIGHTBOOK_HISTORY": str(self.history)}
        self.manager.start_kernel(cwd=self.folder.name, env=environment)
        self.addCleanup(lambda: self.manager.has_kernel and self.manager.shutdown_kernel(now=True))
        self.client = self.connect()

    def connect(self):
        client = self.manager.blocking_client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(timeout=PATIENCE_S)
        return client

    def run_cell(self, code, client=None):
        """The cell's reply and its plain result, if it has one."""
        results = []

        def note(message):
            if message["header"]["msg_type"] == "execute_result":
                results.append(message["content"]["data"]["text/plain"])

        reply = (client or self.client).execute_interactive(code, output_hook=note, timeout=PATIENCE_S)
        return reply["content"], (results or [None])[0]

    def begin_loop(self, code=LOOP):
        request = self.client.execute(code)
        while self.client.get_iopub_msg(timeout=PATIENCE_S)["header"]["msg_type"] != "stream":
            pass
        return request

    def reply_to(self, request):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"]["msg_id"] == request:
                return reply["content"]

    def history_inputs(self):
        request = self.client.history(hist_access_type="tail", n=100_000, raw=True, output=False)
        return [code for _session, _line, code in self.reply_to(request)["history"]]

    def test_restart_in_a_synchronous_loop(self):
        self.run_cell("let state = 1")
        self.begin_loop()
        before = time.monotonic()
        self.manager.restart_kernel(now=False)
        self.assertLess(time.monotonic() - before, PATIENCE_S / 2, "the manager had to kill the kernel")
        self.client.wait_for_ready(timeout=PATIENCE_S)
        self.assertEqual(self.run_cell("typeof globalThis['state']")[1], "'undefined'")
        self.assertEqual(self.run_cell("6 * 7")[1], "42")

    def test_shutdown_in_a_synchronous_loop(self):
        self.begin_loop()
        before = time.monotonic()
        self.manager.shutdown_kernel(now=False)
        self.assertLess(time.monotonic() - before, PATIENCE_S / 2, "the manager had to kill the kernel")
        self.assertFalse(self.manager.is_alive())

    def test_interrupts_as_the_manager_sends_them(self):
        for mode in ["message"] + ([] if sys.platform == "win32" else ["signal"]):
            with self.subTest(mode):
                self.manager.kernel_spec.interrupt_mode = mode
                self.run_cell("let state = 'kept'")
                request = self.begin_loop()
                self.manager.interrupt_kernel()
                self.assertEqual(self.reply_to(request)["ename"], "KeyboardInterrupt")
                self.assertEqual(self.run_cell("state")[1], "'kept'")

    def test_killed_while_writing_history(self):
        completed = []
        for round in range(6):
            # Long cells: what is written when the kernel dies is not a single block of the disk.
            cells = [f"'{round}/{index}' /* {'x' * 40_000} */" for index in range(60)]
            requests = {self.client.execute(cell): cell for cell in cells}
            done = []
            while len(done) < 5 + 7 * round:
                reply = self.client.get_shell_msg(timeout=PATIENCE_S)
                done += [requests[id] for id in [reply["parent_header"]["msg_id"]] if id in requests]
            self.manager.signal_kernel(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            while self.manager.is_alive():
                time.sleep(0.01)
            while True:  # what was answered before it died
                try:
                    done.append(requests[self.client.get_shell_msg(timeout=0.2)["parent_header"]["msg_id"]])
                except Empty:
                    break
            completed += done
            self.manager.restart_kernel(now=True)
            self.client.wait_for_ready(timeout=PATIENCE_S)
        kept = self.history_inputs()
        self.assertEqual([cell for cell in completed if cell not in kept], [], "completed, but not kept")
        self.assertEqual(len(kept), len(set(kept)), "kept twice")
        self.run_cell("'after all'")
        self.assertEqual(self.history_inputs(), [*kept, "'after all'"])

    def test_two_front_ends(self):
        other = self.connect()
        self.run_cell("let shared = 'from the first'")
        self.assertEqual(self.run_cell("shared", other)[1], "'from the first'")
        # A front end is asked what its own cell asks, and gets no replies of the other's.
        request = other.execute("prompt('Who?')", allow_stdin=True)
        question = other.get_stdin_msg(timeout=PATIENCE_S)
        self.assertEqual(question["content"]["prompt"], "Who?")
        with self.assertRaises(Empty):
            self.client.get_stdin_msg(timeout=0.2)
        other.input("the second")
        reply = other.get_shell_msg(timeout=PATIENCE_S)
        self.assertEqual(reply["parent_header"]["msg_id"], request)
        with self.assertRaises(Empty):
            self.client.get_shell_msg(timeout=0.2)
        other.stop_channels()
        self.assertEqual(self.run_cell("'one is left'")[1], "'one is left'")


if __name__ == "__main__":
    unittest.main()
