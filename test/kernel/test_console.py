"""Our kernel in `jupyter console`, driven as a person at a terminal would."""

import os
import sys
import tempfile
import unittest

import pexpect


class ConsoleTests(unittest.TestCase):
    def test_a_session_at_the_terminal(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        environment = {
            **os.environ,
            "TERM": "xterm",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "SIGHTBOOK_HISTORY": os.path.join(folder.name, "history.jsonl"),
        }
        command = ["-m", "jupyter", "console", "--kernel", "sightbook"]
        console = pexpect.spawn(
            sys.executable, command, cwd=folder.name, env=environment, encoding="utf8", timeout=120, dimensions=(40, 120)
        )
        self.addCleanup(console.close, force=True)

        def prompt(number):
            # The prompt in its colours; the escape sequences after it say that the console takes input.
            console.expect(rf"In .*{number}.*\]: .*\x1b\[\?25h")

        console.expect("Sightbook: TypeScript")
        prompt(1)
        console.send("6 * 7\r")
        console.expect("Out.*1.*42")
        prompt(2)
        # Incomplete code asks for another line, indented; complete code runs.
        console.send("function f() {\r")
        console.expect(r"\.\.\.: ")
        console.send("return 5 }\r")
        prompt(3)
        console.send("console.log('looping'); while (true) {}\r")
        console.expect("looping\r\n")
        console.sendintr()
        console.expect("KeyboardInterrupt.*The cell was interrupted")
        prompt(4)
        console.send("prompt('Name? ') + f()\r")
        console.expect(r"Name\? ")
        console.send("Ada\r")
        console.expect("Out.*4.*'Ada5'")
        prompt(5)
        console.send("const wrong: number = 'text'\r")
        console.expect("TypeScriptError TS2322")
        prompt(6)
        console.sendeof()
        console.expect("really want to exit")
        console.send("y\r")
        console.expect(pexpect.EOF)


if __name__ == "__main__":
    unittest.main()
