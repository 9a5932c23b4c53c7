"""jupyter_kernel_test on our kernel, over the transport given, with every test and every sample on.

usage: kernel_test.py tcp|ipc
"""

import faulthandler
import os
import sys
import unittest

import jupyter_kernel_test
from jupyter_client.manager import KernelManager

transport = sys.argv[1]


def start():
    """Start a kernel over the transport: the suite itself knows tcp only."""
    km = KernelManager(kernel_name="gophernotes", transport=transport)
    if transport == "ipc":
        km.ip = os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], f"ipc-{os.getpid()}-{id(km)}")
    km.start_kernel()
    return km


class KernelTests(jupyter_kernel_test.KernelTests):
    language_name = "go"
    file_extension = ".go"
    code_hello_world = 'import "fmt"\nfmt.Println("hello, world")'
    code_stderr = 'import "os"\nfmt.Fprintln(os.Stderr, "oops")'
    completion_samples = [
        {"text": "%ver", "matches": ["%version"]},
        {"text": "fmt.Fprintl", "matches": ["Fprintln"]},
        {"text": "answ", "matches": ["answer"]},
        {"text": 's := "äöü 😀"; fmt.Println(answ', "matches": ["answer"]},
        {"text": "point.", "matches": ["Label", "X", "norm"]},
        {"text": "func half(answ", "matches": ["answer"]},
        {"text": "nothingBeginsLikeThis", "matches": []},
    ]
    complete_code_samples = ["1", "x := 1", "for {\n}", "func f() {}", "%help", "$ ls", 'fmt.Println("ä")', "`a\nb`", ""]
    incomplete_code_samples = ["for {", "func f() {", "x := []int{1,", "fmt.Println(", "`a", "if x {\n} else {", "/* a"]
    invalid_code_samples = ["for }", "x := )", '"a', "func 1() {}", "a b c", "func ( {}", "func f( {}", "if x {{]"]
    code_page_something = "%help"
    code_generate_error = 'panic("boom")'
    code_execute_result = [
        {"code": "40 + 2", "result": "42"},
        {"code": '"text"', "result": "text"},
        {"code": "[]int{1, 2, 3}", "result": "[1 2 3]"},
        {"code": "answer", "result": "42"},
        {"code": 'display.HTML("<b>x</b>")', "result": "<b>x</b>", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": 'display.Show(display.HTML("<b>x</b>"))', "mime": "text/html"},
        {"code": 'display.Show(display.Markdown("*x*"))', "mime": "text/markdown"},
        {"code": "display.Show(image.NewRGBA(image.Rect(0, 0, 4, 3)))", "mime": "image/png"},
    ]
    code_history_pattern = "40 ? *"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "fmt.Println"
    code_clear_output = "display.ClearOutput(false)"

    @classmethod
    def setUpClass(cls):
        cls.km = start()
        cls.kc = cls.km.client()
        cls.kc.start_channels()
        cls.kc.wait_for_ready(timeout=60)
        # Declares what the samples use. It is not bound to the suite's 15 s: on a new machine, what cells are
        # linked with is built first.
        code = 'import "fmt"\nanswer := 42\ntype Point struct { X int; Label string }\nfunc (Point) norm() {}\npoint := Point{}'
        reply = cls.kc.execute_interactive(code, store_history=False, timeout=300)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"]["traceback"]))


class IopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls):
        cls.km = start()
        cls.kc = cls.km.client()


# Whatever the suite leaves empty turns a test or a part of one off.
for ours, theirs in [(KernelTests, jupyter_kernel_test.KernelTests), (IopubWelcomeTests, jupyter_kernel_test.IopubWelcomeTests)]:
    off = [n for n, v in vars(theirs).items() if n[0] != "_" and v in ("", [], (), False) and not getattr(ours, n)]
    if off:
        sys.exit(f"the suite can also be given {', '.join(off)}")


class Result(unittest.TextTestResult):
    """Counts the parts of tests, too."""

    parts = 0

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.parts += 1


# Seven parts are those of test_history, three those of test_is_complete; the others have one for each sample.
parts = 7 + 3 + sum(map(len, [KernelTests.completion_samples, KernelTests.code_execute_result, KernelTests.code_display_data]))

faulthandler.dump_traceback_later(420, exit=True)  # the welcome test waits for ever
loader = unittest.TestLoader()
suite = unittest.TestSuite(map(loader.loadTestsFromTestCase, [KernelTests, IopubWelcomeTests]))
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(suite)
if not result.wasSuccessful() or result.skipped or result.testsRun != 13 or result.parts != parts:
    sys.exit(f"{result.testsRun} tests ran with {result.parts} parts, {len(result.skipped)} were skipped, of 13 with {parts}")
print(f"{result.testsRun} tests with {result.parts} parts passed, none skipped, over {transport}")
