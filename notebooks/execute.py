"""Executes a notebook through the kernel it names, shows what it prints while it prints it, and saves it whatever happens.

Usage: execute.py NOTEBOOK OUTPUT

The text output of cells tagged "result" is repeated at the end. Exit code 0 when every cell ran.
"""

import os
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError


class TalkingClient(NotebookClient):
    """Passes on what cells print, and the lines of a progress display as they settle."""

    progress = None
    shown = 0

    def process_message(self, msg, cell, cell_index):
        content = msg["content"]
        if msg["msg_type"] == "stream":
            self.show_progress(settled=True)
            stream = sys.stderr if content["name"] == "stderr" else sys.stdout
            stream.write(content["text"])
            stream.flush()
        elif str(content.get("transient", {}).get("display_id", "")).startswith("sightbook-monitor-"):
            self.progress = content["data"]["text/plain"].splitlines()
            self.show_progress(settled=False)
        elif msg["msg_type"] == "status" and content["execution_state"] == "idle":
            self.show_progress(settled=True)
            self.progress, self.shown = None, 0
        return super().process_message(msg, cell, cell_index)

    def show_progress(self, settled):
        """The last line still changes until the cell goes on."""
        lines = (self.progress or [])[: None if settled else -1]
        for line in lines[self.shown :]:
            print(f"  {line}", flush=True)
        self.shown = max(self.shown, len(lines))


def text_of(output):
    """The plain text of one output, or an empty string."""
    if output["output_type"] == "stream":
        return output["text"]
    return output.get("data", {}).get("text/plain", "")


def main(source, target):
    notebook = nbformat.read(source, as_version=4)
    cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    client = TalkingClient(notebook, timeout=None, resources={"metadata": {"path": os.path.dirname(source)}})
    failure = None
    started = time.monotonic()
    try:
        with client.setup_kernel():
            for number, index in enumerate(cells, start=1):
                cell = notebook.cells[index]
                print(f"[{number}/{len(cells)}] {cell.source.strip().splitlines()[0]}", flush=True)
                client.execute_cell(cell, index, execution_count=number)
            client.set_widgets_metadata()
    except (CellExecutionError, DeadKernelError) as error:
        failure = str(error)
    except KeyboardInterrupt:
        failure = "Interrupted."
    finally:
        nbformat.write(notebook, target + ".part")
        os.replace(target + ".part", target)
    if failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"\n{os.path.basename(source)} ran in {time.monotonic() - started:.0f} s.")
    for index in cells:
        cell = notebook.cells[index]
        if "result" in cell.metadata.get("tags", []):
            print("".join(text_of(output) for output in cell.outputs).strip())
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])))
