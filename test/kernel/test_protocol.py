"""jupyter_kernel_test over our kernel: every test but the pager's, which our kernel does not use."""

import unittest

import jupyter_kernel_test

LONG_ENOUGH = 300  # seconds, on the slowest machine


class SightbookTests(jupyter_kernel_test.KernelTests):
    @classmethod
    def setUpClass(cls):
        """The package waits 15 s for a reply and 0.1 s for an output, which a busy machine does not keep."""
        super().setUpClass()
        for channel in (cls.kc.shell_channel, cls.kc.iopub_channel):
            cls.wait_long(channel)

    @staticmethod
    def wait_long(channel):
        get_msg = channel.get_msg
        channel.get_msg = lambda timeout=None: get_msg(timeout=LONG_ENOUGH)

    def flush_channels(self):
        """Takes all that the kernel says until it has answered a question: the package takes 0.1 s of silence for the end."""
        question = self.kc.kernel_info()
        while self.kc.shell_channel.get_msg()["parent_header"].get("msg_id") != question:
            pass
        while True:
            message = self.kc.iopub_channel.get_msg()
            if message["parent_header"].get("msg_id") == question and message["content"].get("execution_state") == "idle":
                return

    kernel_name = "sightbook"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oh no')"
    completion_samples = [
        {"text": "conso", "matches": {"console"}},
        {"text": "Math.flo", "matches": {"floor"}},
    ]
    complete_code_samples = ["1 + 1", "const a: number = 1;", "function f() { return 1 }\nf()"]
    incomplete_code_samples = ["function f() {", "const a = [1,", "`text", "/* note", "if (true) {\n  1"]
    invalid_code_samples = ["let a = ;", "1 2 3 )", "const 1 = 2"]
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "({ a: [1, 2] })", "result": "{ a: [ 1, 2 ] }"},
    ]
    code_display_data = [
        {"code": "display({ 'text/html': '<b>x</b>' }, { raw: true })", "mime": "text/html"},
        {"code": "display([{ a: 1 }, { a: 2 }])", "mime": "text/html"},
    ]
    code_generate_error = "throw new Error('on purpose')"
    code_inspect_sample = "parseInt"
    code_clear_output = "clearOutput()"
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")


class SightbookWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "sightbook"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
