"""jupyter_kernel_test over our kernel: every test but the pager's, which our kernel does not use."""

import unittest

import jupyter_kernel_test


class SightbookTests(jupyter_kernel_test.KernelTests):
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
