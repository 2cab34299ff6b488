"""Prints a shell block of the README: `readme_block.py 2` the second."""

import re
import sys
from pathlib import Path

text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
blocks = re.findall(r"^```sh[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
print(blocks[int(sys.argv[1]) - 1].strip())
